//! The test suite that every store passes: one test for each sentence of [`tegata_core::store`].
//!
//! A store's tests are one line, `store_contract!(MyStore)`, for a type that implements [`TestedStore`]. A bug that is
//! found in one store becomes a case here, for all.

#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "these are tests, named by their sentences"
)]

mod records;

pub mod attempts;
pub mod attributes;
pub mod credentials;
pub mod durability;
pub mod grants;
pub mod keys;
pub mod maintenance;
pub mod model;
pub mod oauth;
pub mod rotation;
pub mod sessions;
pub mod tenants;
pub mod users;

use std::sync::Arc;

use tegata_core::store::Store;

/// A store under test.
pub trait TestedStore: Send + Sync + Sized + 'static {
    /// A new and empty one.
    fn fresh() -> Self;

    /// The view of a tenant; of one memory for all that are asked of the same value.
    fn tenant(&self, tenant: &str) -> Arc<dyn Store>;

    /// The store after its process has ended and another one has opened it; `None` for one that forgets.
    fn reopened(self) -> Option<Self>;
}

/// Runs one case on threads of its own, so that what it does at once is done at once.
pub fn run<S: TestedStore, F: Future<Output = ()>>(case: impl FnOnce(S) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(case(S::fresh()));
}

/// Makes a test of every case, for a type that implements [`TestedStore`].
#[macro_export]
macro_rules! store_contract {
    ($store:ty) => {
        $crate::store_contract! { @cases $store:
            users {
                a_user_is_found_as_it_was_made, a_user_name_is_taken_once_whatever_its_case,
                v1_of_concurrent_sign_ups_of_one_name_one_wins, an_address_on_an_account_claims_nothing,
                v31_a_proved_address_finds_its_user, of_two_owners_of_an_address_one_proves_it,
                v1_of_concurrent_proofs_of_one_address_one_wins,
                only_the_address_that_was_proved_is_marked, an_address_that_goes_is_free_for_others,
                a_profile_changes_in_what_is_named, v27_users_are_listed_in_pages, a_granted_scope_is_replaced, v49_taking_scope_away_ends_the_sessions,
                v27_a_text_is_a_value_and_nothing_else,
                v45_a_deleted_user_leaves_nothing, extremes_are_kept,
            }
            attributes {
                what_is_known_of_a_user_is_found_as_it_was_said, what_goes_is_not_known_any_more,
                v57_a_number_that_changes_is_not_proved, of_concurrent_changes_of_one_user_none_is_lost,
                a_change_without_room_changes_nothing, an_address_whose_proof_is_taken_back_is_free_for_others,
            }
            credentials {
                v39_a_change_of_password_ends_the_other_sessions, a_change_that_rests_on_an_older_password_is_refused,
                of_concurrent_changes_of_password_one_wins, rehashing_keeps_the_sessions,
                v14_closing_an_account_ends_its_sessions,
            }
            sessions {
                a_session_is_found_as_it_was_begun, a_session_needs_an_open_account_and_the_same_password,
                beginning_a_session_forgets_the_attempts_of_the_account,
                v25_a_session_begun_without_a_password_forgets_no_attempts, v45_no_login_outlives_what_overlaps_it,
                v10_ending_a_session_ends_that_one, of_concurrent_ends_one_counts,
                no_rotation_revives_an_ended_session, all_sessions_but_one_can_be_ended,
            }
            rotation {
                a_rotation_is_what_the_rule_says, v1_of_concurrent_rotations_exactly_one_is_done,
                a_refused_rotation_changes_nothing_and_gives_the_record, an_expired_session_does_not_rotate,
                v2_rotations_in_one_instant_are_told_apart, the_last_generation_does_not_wrap,
                a_rotation_at_the_ends_of_time_is_what_the_rule_says,
            }
            attempts {
                attempts_are_counted_as_the_rule_says, v25_parallel_attempts_see_those_before_them,
                a_blocked_address_stops_an_attempt_uncounted, v6_counters_do_not_touch_each_other,
                v25_parallel_counts_of_an_address_see_those_before_them, v6_kinds_of_records_share_no_keys,
                attempts_at_the_ends_of_time_are_counted,
                forgetting_begins_anew, v25_failures_that_were_let_in_all_count,
            }
            keys {
                a_key_set_is_found_as_it_was_stored, a_key_set_of_any_size_and_version_is_kept,
                of_concurrent_replacements_one_wins,
            }
            maintenance {
                what_expired_is_purged_and_nothing_else, a_session_that_is_refreshed_while_purging_stays,
                purging_has_a_limit, a_store_that_works_is_ready,
            }
            tenants {
                tenants_do_not_see_each_other,
            }
            durability {
                what_was_answered_is_there_after_a_restart,
            }
            oauth {
                a_client_is_found_as_it_was_registered,
                of_concurrent_registrations_of_one_name_one_wins,
                v16_a_change_of_a_client_rests_on_what_was_read,
                v16_a_client_is_removed_as_it_was_read,
                clients_are_listed_in_pages,
                a_consent_is_one_users_for_one_client,
                v49_a_change_of_a_consent_rests_on_what_was_read,
                v45_a_deleted_user_has_allowed_nothing,
                v6_a_transient_is_found_by_its_kind_and_its_secret,
                v28_of_concurrent_transients_with_one_key_one_is_kept,
                v41_of_concurrent_changes_of_a_transient_one_is_done,
                what_is_used_once_is_purged_when_it_has_expired,
                what_is_used_once_is_purged_apart_from_the_rest,
                notices_come_when_they_are_due_and_to_one,
                tenants_do_not_see_each_others_clients,
                what_clients_were_told_is_there_after_a_restart,
            }
            grants {
                a_grant_stays_with_its_session,
                r4_v41_what_is_used_once_becomes_one_session,
                v49_a_grant_begins_if_what_it_rests_on_is_there,
                v49_whoever_takes_a_consent_back_finds_what_rests_on_it,
            }
            model {
                any_sequence_of_steps_gives_what_the_reference_gives,
            }
        }
    };
    (@cases $store:ty: $($module:ident { $($case:ident,)* })*) => {
        $(mod $module {
            $(#[test]
            fn $case() {
                $crate::run(|store: super::Tested| $crate::$module::$case(store));
            })*
        })*
        type Tested = $store;
    };
}
