//! The steps that the OpenID Provider asks for.

use tegata_core::store::Store;

use super::Outcomes;
use crate::records::{HOUR, NOW, client, consent, notice, transient, user};

pub(super) async fn play(store: &dyn Store, outcomes: &mut Outcomes) {
    let carol = user(4, "carol");
    step!(outcomes, "create_user, of clients", store.create_user(&carol));
    step!(outcomes, "create_client", store.create_client(&client("app", 1)));
    step!(outcomes, "create_client, taken", store.create_client(&client("app", 1)));
    step!(outcomes, "create_client, another", store.create_client(&client("zap", 1)));
    step!(outcomes, "find_client", store.find_client(&"app".parse().unwrap()));
    step!(outcomes, "list_clients", store.list_clients(None, 10));
    step!(outcomes, "replace_client", store.replace_client(1, &client("app", 2)));
    step!(outcomes, "replace_client, overtaken", store.replace_client(1, &client("app", 2)));
    step!(outcomes, "delete_client", store.delete_client(1, &"zap".parse().unwrap()));
    step!(outcomes, "find_client, deleted", store.find_client(&"zap".parse().unwrap()));
    let app = "app".parse().unwrap();
    step!(outcomes, "put_consent", store.put_consent(None, &consent(&carol, "openid")));
    let (less, more) = (consent(&carol, "openid"), consent(&carol, "openid email"));
    step!(outcomes, "put_consent, more", store.put_consent(Some(&less), &more));
    step!(outcomes, "put_consent, overtaken", store.put_consent(Some(&less), &more));
    step!(outcomes, "find_consent", store.find_consent(carol.user_id, &app));
    step!(outcomes, "list_consents", store.list_consents(carol.user_id));
    step!(outcomes, "remove_consent", store.remove_consent(carol.user_id, &app));
    step!(outcomes, "find_consent, removed", store.find_consent(carol.user_id, &app));
    step!(outcomes, "put_consent, of a user who goes", store.put_consent(None, &consent(&carol, "openid")));
    step!(outcomes, "delete_user, with a consent", store.delete_user(carol.user_id));
    step!(outcomes, "list_consents, deleted", store.list_consents(carol.user_id));
    let (code, used) = (transient(0), transient(1));
    step!(outcomes, "create_transient", store.create_transient(&code));
    step!(outcomes, "create_transient, again", store.create_transient(&code));
    step!(outcomes, "find_transient", store.find_transient(code.key));
    step!(outcomes, "replace_transient", store.replace_transient(0, &used));
    step!(outcomes, "replace_transient, overtaken", store.replace_transient(0, &used));
    step!(outcomes, "find_transient, used", store.find_transient(code.key));
    step!(outcomes, "remove_transient", store.remove_transient(code.key));
    step!(outcomes, "remove_transient, again", store.remove_transient(code.key));
    step!(outcomes, "find_transient, removed", store.find_transient(code.key));
    let notice = notice(1);
    step!(outcomes, "put_notice", store.put_notice(&notice));
    step!(outcomes, "due_notices", store.due_notices(NOW, 10));
    step!(outcomes, "claim_notice", store.claim_notice(notice.notice_id, 0, NOW + HOUR));
    step!(outcomes, "claim_notice, overtaken", store.claim_notice(notice.notice_id, 0, NOW + HOUR));
    step!(outcomes, "due_notices, claimed", store.due_notices(NOW, 10));
    step!(outcomes, "due_notices, later", store.due_notices(NOW + HOUR, 10));
    step!(outcomes, "remove_notice", store.remove_notice(notice.notice_id));
}
