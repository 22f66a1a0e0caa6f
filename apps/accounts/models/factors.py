"""What is begun with a second factor and not finished yet. The factors themselves are rows of allauth."""

from django.db import models

from apps.core.clock import now
from apps.core.ids import new_id


class FactorChallenge(models.Model):
    """A question put to somebody's device: to set a factor up, or to confirm by passkey. It is answered once.

    ``purpose`` says what the answer is good for, ``state`` is what it is checked against, sealed.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="factor_challenges")
    purpose = models.CharField(max_length=120)
    state = models.TextField()
    made_at = models.DateTimeField(default=now)
    expires_at = models.DateTimeField()

    class Meta:
        verbose_name = "factor challenge"
