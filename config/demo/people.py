"""People at their browsers, reduced to what they do: sign in, read a page, fill in a form, press a button."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email import policy
from email.parser import BytesParser
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx


@dataclass
class Form:
    """A form of a page: where it goes and what it holds already."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._area: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(held.get("action", ""))
            self.forms.append(self._open)
        elif self._open is not None and tag == "input" and held.get("name"):
            if held.get("type") == "file":
                self._open.files.append(held["name"])
            elif held.get("type") not in {"submit", "radio", "checkbox"} or "checked" in held:
                self._open.fields[held["name"]] = held.get("value", "")
        elif self._open is not None and tag == "textarea" and held.get("name"):
            self._area = held["name"]
            self._open.fields[self._area] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area is not None:
            self._open.fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._area = None


class PageError(RuntimeError):
    """A page did not answer as a person would expect."""


class Person:
    """Somebody at a browser on one host; ``port`` is where it listens on loopback."""

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}",
            headers={"Host": f"{host}:{port}"},
            follow_redirects=False,
            timeout=20,
        )

    def read(self, path: str) -> str:
        """Open a page, following redirects; raise PageError unless it answers 200."""
        return self._settle(self.client.get(_local(path))).text

    def submit(
        self,
        path: str,
        values: dict[str, str],
        *,
        to: str = "",
        holding: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> str:
        """Open ``path``, fill in a form and send it; return the page after.

        The form is the first whose address matches the pattern ``to``, that has the fields of ``holding`` with their
        values ("" for any), and that is there to be sent. Raise PageError if there is none.
        """
        page = self._settle(self.client.get(_local(path)))
        parser = _Forms()
        parser.feed(page.text)
        here = str(page.url)
        wanted = (holding or {}).items()
        for form in parser.forms:
            held = form.fields | dict.fromkeys(form.files, "")
            fits = all(name in held and value in ("", held[name]) for name, value in wanted)
            if fits and re.search(to, _local(urljoin(here, form.action or here))):
                response = self.client.post(
                    _local(urljoin(here, form.action or here)), data=form.fields | values, files=files
                )
                return self._settle(response).text
        known = ", ".join(form.action or "(itself)" for form in parser.forms)
        raise PageError(f"{path} has no form that goes to {to!r} and holds {holding}; there are: {known}")

    def sign_in(self, email: str, password: str) -> None:
        """Sign in with a password."""
        page = self.submit("/sign-in/", {"login": email, "password": password}, holding={"password": ""})
        if 'name="password"' in page:
            raise PageError(f"{email} could not sign in at {self.host}")

    def sign_in_by_code(self, email: str, mail: "MailBox") -> None:
        """Ask for a code, read it in the mail, sign in with it."""
        since = mail.mark()
        self.submit("/sign-in/code/", {"email": email}, holding={"email": ""})
        text = mail.wait(since, lambda to, _subject, body: email in to and bool(_CODE.search(body)))
        found = _CODE.search(text)
        if found is None:
            raise PageError("the mail holds no code")
        self.submit("/sign-in/code/confirm/", {"code": found.group(1)}, holding={"code": ""})

    def ask(self, path: str) -> dict[str, Any]:
        """Read a resource of the API with the session at hand."""
        answer: dict[str, Any] = self._settle(self.client.get(path)).json()
        return answer

    def _settle(self, response: httpx.Response) -> httpx.Response:
        for _hop in range(8):
            if not response.is_redirect:
                break
            response = self.client.get(_local(urljoin(str(response.url), response.headers["Location"])))
        if response.status_code != 200:
            raise PageError(f"{response.request.method} {response.url.path} answered {response.status_code}")
        return response


_CODE = re.compile(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b")


class MailBox:
    """The directory of the mail sink."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def mark(self) -> set[str]:
        """Return what is there now, to wait for what comes after."""
        return {path.name for path in self.directory.glob("*.eml")}

    def wait(self, since: set[str], wanted: Callable[[str, str, str], bool], seconds: float = 20) -> str:
        """Wait for a new mail for which ``wanted(to, subject, text)`` holds; return its text."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for path in sorted(self.directory.glob("*.eml")):
                if path.name not in since:
                    to, subject, text = read_mail(path)
                    if wanted(to, subject, text):
                        return text
            time.sleep(0.1)
        raise PageError("the mail did not come")


def read_mail(path: Path) -> tuple[str, str, str]:
    """Return recipients, subject and plain text of a stored mail."""
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    body = message.get_body(("plain", "html"))
    return str(message["To"]), str(message["Subject"]), unescape(body.get_content()) if body else ""


def _local(url: str) -> str:
    """Return path and query of a URL: all hosts answer on the one loopback address."""
    return re.sub(r"^https?://[^/]+", "", url) or "/"
