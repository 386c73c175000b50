//! What the audit log says of clients.

use crate::audit::{AuditAction, AuditEvent, Outcome};
use crate::client::{Client, ClientId, ClientOrigin, ClientStatus};
use crate::provider::{Provider, RequestContext};

impl Provider {
    /// Notes what was done to a client.
    pub(super) fn audit_client(&self, client_id: &ClientId, action: AuditAction, ctx: &RequestContext<'_>) {
        self.ports
            .audit
            .record(AuditEvent { client_id: Some(client_id.clone()), ..ctx.event(action, Outcome::Success) });
    }

    /// Notes how a client was changed.
    pub(super) fn audit_change(&self, before: &Client, after: &Client, ctx: &RequestContext<'_>) {
        for action in changes(before, after) {
            self.audit_client(&after.client_id, action, ctx);
        }
    }
}

/// What a change is called, each part of it by itself.
fn changes(before: &Client, after: &Client) -> impl Iterator<Item = AuditAction> {
    let is_vouched = after.origin == ClientOrigin::Vouched && before.origin != ClientOrigin::Vouched;
    let status = match after.status {
        ClientStatus::Active => AuditAction::ClientEnabled,
        ClientStatus::Disabled => AuditAction::ClientDisabled,
    };
    let rest = Client {
        version: before.version,
        status: before.status,
        origin: if is_vouched { before.origin } else { after.origin },
        secrets: before.secrets.clone(),
        ..after.clone()
    };
    let parts = [
        (rest != *before, AuditAction::ClientChanged),
        (before.secrets != after.secrets, AuditAction::ClientSecretChanged),
        (is_vouched, AuditAction::ClientVouched),
        (before.status != after.status, status),
    ];
    parts.into_iter().filter(|(is_so, _)| *is_so).map(|(_, action)| action)
}
