"""Signature schemes of inbound hooks, against the official implementations and vectors."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from apps.integrations.exceptions import BadSignature
from apps.integrations.inbound.schemes import Incoming, make_standard_secret, scheme_of
from config.demo import esign

STANDARD = scheme_of("standard-webhooks")
DOCUSIGN = scheme_of("docusign-connect")
HMAC = scheme_of("hmac-sha256")
# The example of the Standard Webhooks specification and its libraries.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
TIMESTAMP = 1614265330
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
AT = datetime.fromtimestamp(TIMESTAMP, tz=UTC)


def incoming(body=BODY, at=AT, **headers) -> Incoming:
    return Incoming({name.replace("_", "-"): value for name, value in headers.items()}, body, at)


def standard(signature=SIGNATURE, timestamp=str(TIMESTAMP), message_id=MESSAGE_ID, **more) -> Incoming:
    headers = {"webhook_id": message_id, "webhook_timestamp": timestamp, "webhook_signature": signature}
    return incoming(**headers, **more)


def test_official_vector_of_standard_webhooks():
    STANDARD.verify({}, [SECRET], standard())
    assert STANDARD.identify({}, standard()) == MESSAGE_ID


def test_what_the_official_library_signs_is_verified():
    secret = make_standard_secret()
    at = datetime.now(UTC)
    signature = Webhook(secret).sign("msg_1", at, "{}")
    STANDARD.verify({}, [secret], standard(signature, str(int(at.timestamp())), "msg_1", body=b"{}", at=at))


@pytest.mark.parametrize(
    "message",
    [
        standard(signature="v1,Zm9v"),
        standard(signature="v1," + "!" * 44),
        standard(signature=SIGNATURE.replace("v1", "v2")),
        standard(signature="no-comma"),
        standard(signature="ü"),
        standard(signature=""),
        standard(message_id=""),
        standard(message_id="msg_other"),
        standard(timestamp=""),
        standard(timestamp="soon"),
        standard(timestamp="1e9"),
        standard(timestamp="-1"),
        standard(timestamp=str(TIMESTAMP + 1)),
        standard(at=AT + timedelta(seconds=301)),
        standard(at=AT - timedelta(seconds=301)),
        standard(body=BODY + b" "),
        standard(body=b"\xff\xfe"),
        incoming(),
    ],
)
def test_anything_else_is_refused(message):
    with pytest.raises(BadSignature):
        STANDARD.verify({}, [SECRET], message)


def test_one_of_several_signatures_and_one_of_two_secrets_is_enough():
    STANDARD.verify({}, [make_standard_secret(), SECRET], standard(f"v1,Zm9v v1a,x {SIGNATURE}"))


def test_five_minutes_are_tolerated():
    STANDARD.verify({}, [SECRET], standard(at=AT + timedelta(seconds=300)))


def test_docusign_signature_over_the_raw_body():
    secret = "DOCUSIGN-CONNECT-KEY-1234567890"
    body = '{"event": "envelope-completed", "ü": 1}'.encode()
    DOCUSIGN.verify({}, [secret], incoming(body, x_docusign_signature_1=esign.sign(body, secret)))
    with pytest.raises(BadSignature):
        DOCUSIGN.verify({}, [secret], incoming(body + b"\n", x_docusign_signature_1=esign.sign(body, secret)))
    with pytest.raises(BadSignature):
        DOCUSIGN.verify({}, [secret], incoming(body))


def test_docusign_example_of_the_vendors_documentation():
    # Connect signs with base64(HMAC-SHA256(key, body)); several keys give several numbered headers.
    key, body = "a-key-of-the-account", b'{"status":"completed"}'
    signature = base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()
    DOCUSIGN.verify(
        {},
        ["an-older-key-000", key],
        incoming(body, x_docusign_signature_1="eA==", x_docusign_signature_2=signature),
    )


def test_docusign_repetition_is_the_same_message_and_a_changed_one_is_not():
    first = {
        "event": "envelope-completed",
        "retryCount": 0,
        "generatedDateTime": "a",
        "data": {"envelopeId": "1"},
    }
    again = first | {"retryCount": 3, "generatedDateTime": "b"}
    other = first | {"data": {"envelopeId": "1", "envelopeSummary": {"status": "voided"}}}
    digests = [DOCUSIGN.digest({}, incoming(json.dumps(body).encode())) for body in (first, again, other)]
    assert digests[0] == digests[1] != digests[2]
    assert DOCUSIGN.digest({}, incoming(b"not json")) == hashlib.sha256(b"not json").hexdigest()


HEX = {"signature_header": "X-Hub-Signature-256", "prefix": "sha256=", "id_header": "X-Delivery"}


def test_hmac_vector_of_github():
    # The vector of GitHub's documentation on validating webhook deliveries.
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    message = incoming(b"Hello, World!", x_hub_signature_256=signature, x_delivery="d-1")
    HMAC.verify(HEX, ["It's a Secret to Everybody"], message)
    assert HMAC.identify(HEX, message) == "d-1"
    with pytest.raises(BadSignature):
        HMAC.verify(HEX, ["It's a Secret to Nobody"], message)


def test_hmac_with_signed_timestamp_in_base64():
    options = {
        "signature_header": "X-Sign",
        "encoding": "base64",
        "timestamp_header": "X-Time",
        "signed": "timestamp.body",
    }
    mac = hmac.new(b"0123456789abcdef", f"{TIMESTAMP}.".encode() + BODY, hashlib.sha256).digest()
    signature = base64.b64encode(mac).decode()
    HMAC.verify(options, ["0123456789abcdef"], incoming(x_sign=signature, x_time=str(TIMESTAMP)))
    for wrong in (str(TIMESTAMP + 1), "", "x"):
        with pytest.raises(BadSignature):
            HMAC.verify(options, ["0123456789abcdef"], incoming(x_sign=signature, x_time=wrong))


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({}, "/options/signature_header"),
        ({"signature_header": "X", "encoding": "rot13"}, "/options/encoding"),
        ({"signature_header": "X", "signed": "timestamp.body"}, "/options/timestamp_header"),
        ({"signature_header": "X", "algorithm": "none"}, "/options/algorithm"),
        ({"signature_header": 5}, "/options/signature_header"),
    ],
)
def test_options_that_make_no_sense_are_named(options, pointer):
    assert pointer in [problem.pointer for problem in HMAC.check_options(options)]


@pytest.mark.parametrize("secret", ["", "short", "whsec_", "whsec_Zm9v", "whsec_%%%"])
def test_weak_secrets_are_refused(secret):
    assert STANDARD.check_secret(secret) is False
    assert HMAC.check_secret(secret) is False


def test_made_secrets_are_accepted():
    for scheme in (STANDARD, DOCUSIGN, HMAC):
        assert scheme.check_secret(scheme.make_secret())
