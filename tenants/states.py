"""Transition table of tenants."""

from tenants.choices import TenantStatus

TENANT = {
    (TenantStatus.PROVISIONING, "make_ready"): TenantStatus.READY,
    (TenantStatus.PROVISIONING, "fail"): TenantStatus.FAILED,
    (TenantStatus.FAILED, "retry"): TenantStatus.PROVISIONING,
    (TenantStatus.READY, "suspend"): TenantStatus.SUSPENDED,
    (TenantStatus.SUSPENDED, "resume"): TenantStatus.READY,
}
