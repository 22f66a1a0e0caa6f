"""The mail sink: whole files in order of arrival, whatever happens to the process."""

import smtplib
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from tests.systems.conftest import Program


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Program]:
    program = Program("config.demo.mail_sink", ["--dir", str(tmp_path / "mail")])
    program.start()
    yield program
    program.stop()


def send(port: int, subject: str) -> None:
    """Sends one mail with a line that starts with a dot and letters beyond ASCII."""
    message = EmailMessage()
    message["From"] = "Nordwind Delivery <delivery@nordwind.example>"
    message["To"] = "anna@customer.example"
    message["Subject"] = subject
    message.set_content("Grüße\n.hidden\n")
    with smtplib.SMTP("127.0.0.1", port, timeout=5) as smtp:
        smtp.send_message(message, to_addrs=["anna@customer.example", "audit@nordwind.example"])


def test_mail_is_written_whole_and_in_order_across_a_kill(sink: Program, tmp_path: Path) -> None:
    send(sink.port, "Willkommen, Anna Öz")
    (tmp_path / "mail" / ".half.draft").write_bytes(b"torn")
    sink.kill_and_restart()
    send(sink.port, "second")
    send(sink.port, "third")

    files = sorted((tmp_path / "mail").iterdir())
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in files]
    assert [file.suffix for file in files] == [".eml"] * 3
    assert [mail["Subject"] for mail in mails] == ["Willkommen, Anna Öz", "second", "third"]
    assert mails[0]["X-Envelope-To"] == "anna@customer.example, audit@nordwind.example"
    body = mails[0].get_body()
    assert body is not None
    assert body.get_content().splitlines() == ["Grüße", ".hidden"]
