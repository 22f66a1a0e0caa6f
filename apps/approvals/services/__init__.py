"""Commands of approvals: decide, publish a policy; requests are opened and cancelled by runs."""

from apps.approvals.services.deciding import decide_request
from apps.approvals.services.opening import cancel_requests, open_request
from apps.approvals.services.policies import install_policy, publish_policy, save_draft
from apps.approvals.services.reminding import remind_approvers
from apps.approvals.services.sharing import revoke_share, share_evidence

__all__ = [
    "cancel_requests",
    "decide_request",
    "install_policy",
    "open_request",
    "publish_policy",
    "remind_approvers",
    "revoke_share",
    "save_draft",
    "share_evidence",
]
