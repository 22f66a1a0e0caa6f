"""Who is away, and who decides for him meanwhile."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.approvals.choices import DelegationSource
from apps.core.models import Entity


class AbsenceFeed(Entity):
    """A calendar from which somebody's absences are taken over: read from its address once a day, or sent as a file.

    ``sealed_url`` is the address, encrypted ("": files only), and ``host`` what is shown of it. ``taker`` decides meanwhile
    (None: nobody); only entries whose title holds ``keyword`` count ("": all). ``problem`` is why not all of it could be
    taken over the last time.
    """

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="+")
    taker = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="+")
    sealed_url = models.TextField(blank=True)
    host = models.CharField(max_length=253, blank=True)
    keyword = models.CharField(max_length=80, blank=True)
    read_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        verbose_name = "absence feed"


class Delegation(Entity):
    """``giver`` is away from ``begins_at`` until ``ends_at`` (None: until further notice), and ``taker`` decides for him.

    Without a taker he is only away. ``policies`` are the keys it is for (none: all), ``limit_amount`` the money up to
    which; ``zone`` is the time zone the times were given in. ``feed_entry`` names the entry of the calendar it came from.
    """

    giver = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    taker = models.ForeignKey("accounts.User", on_delete=models.CASCADE, null=True, related_name="+")
    policies = ArrayField(models.CharField(max_length=80), default=list)
    limit_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    limit_currency = models.CharField(max_length=3, blank=True)
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    zone = models.CharField(max_length=64)
    reason = models.CharField(max_length=400, blank=True)
    source = models.CharField(max_length=8, choices=DelegationSource.choices, default=DelegationSource.SELF)
    made_by = models.CharField(max_length=200, blank=True)
    feed = models.ForeignKey(AbsenceFeed, on_delete=models.CASCADE, null=True, related_name="delegations")
    feed_entry = models.CharField(max_length=400, blank=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = "delegation"
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("begins_at")), name="delegation_ends_later"
            ),
            models.CheckConstraint(
                condition=Q(taker=None) | ~Q(taker=F("giver")), name="delegation_to_another"
            ),
            models.UniqueConstraint(
                fields=["feed", "feed_entry"], condition=Q(withdrawn_at=None), name="delegation_feed_entry"
            ),
        )
        indexes = (
            models.Index(fields=["giver", "-id"], name="delegation_giver"),
            models.Index(fields=["ends_at"], condition=Q(withdrawn_at=None), name="delegation_live"),
        )
