"""People at a real browser. Every page they look at is judged: accessibility, console, width, white label."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response, sync_playwright

from config.demo.people import MailBox
from config.local.browser import NoBrowser, find_browser
from tests.e2e.addresses import PLATFORM, sort_of

DESK, PHONE = 1440, 390
HEIGHTS = {DESK: 900, PHONE: 844}
CODE = re.compile(r"\b([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\b")
PATIENCE = 20_000
"""Milliseconds until something that does not appear on a page has failed."""
JUDGED: set[tuple[str, int]] = set()
"""Sorts of pages and widths at which accessibility was judged already."""
# Nothing but our own hosts exists, and the browser fetches nothing for itself.
ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1",
    *("--disable-background-networking", "--disable-component-update", "--disable-domain-reliability"),
    *("--disable-sync", "--no-pings", "--no-first-run", "--disable-features=OptimizationHints,MediaRouter"),
)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run the Chromium that `make test` found or installed. Raises `NoBrowser` with what to run."""
    program = find_browser(os.environ)
    if program is None:
        raise NoBrowser("The browser tests need Chromium. Run:  make browser")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS, *sandbox])
        yield browser
        browser.close()


@dataclass
class Visitor:
    """Somebody on one host with a screen of one width; ``faults`` is what the browser complained of."""

    page: Page
    base: str
    width: int
    faults: list[str] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)

    @classmethod
    def arrive(cls, browser: Browser, base: str, width: int) -> "Visitor":
        """Open a browser profile of one's own; ``base`` is the address of the host."""
        context = browser.new_context(viewport={"width": width, "height": HEIGHTS[width]}, locale="en-GB")
        context.set_default_timeout(PATIENCE)
        visitor = cls(context.new_page(), base.rstrip("/"), width)
        visitor.page.on("console", visitor._hear)
        visitor.page.on("pageerror", lambda error: visitor.faults.append(f"error in a script: {error}"))
        visitor.page.on("response", visitor._receive)
        return visitor

    def open(self, path: str) -> None:
        """Go to a page as by typing its address, and look at it."""
        self.page.goto(f"{self.base}{path}")
        self.look()

    def look(self) -> None:
        """Judge the page at both widths, as it is now; raises AssertionError with everything that is wrong.

        Accessibility is judged at one's own width each time, at the other one once for each sort of page.
        """
        self.page.wait_for_load_state()
        found = [*self.faults]
        self.faults.clear()
        if PLATFORM.search(self.page.content()):
            found.append("names the platform")
        for width in sorted(HEIGHTS, key=lambda each: each == self.width):
            self.page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
            found += [f"at {width} px: {fault}" for fault in self._judge(width)]
            self._picture(width)
        self.looked_at.append(self.page.url)
        assert not found, f"{self.page.url}:\n" + "\n".join(found)

    def look_refused(self, status: int = 422) -> None:
        """Judge the answer to a form that was refused; the browser calls the status of such a page an error."""
        self.page.wait_for_load_state()
        told = f"status of {status}"
        assert any(told in fault for fault in self.faults), self.faults
        self.faults[:] = [fault for fault in self.faults if told not in fault]
        self.look()

    def read(self) -> str:
        """Return the words of the page."""
        return self.page.locator("body").inner_text()

    def sees(self, *texts: str) -> None:
        """Wait until the page shows each text."""
        for text in texts:
            self.page.get_by_text(text).locator("visible=true").first.wait_for()

    def click(self, name: str | re.Pattern[str], within: Locator | None = None, role: str = "button") -> None:
        """Press the button (or follow the link) of that name."""
        place = within or self.page
        place.get_by_role(role, name=name).locator("visible=true").first.click()  # type: ignore[arg-type]

    def unfold(self, place: Locator) -> Locator:
        """Open the folds in which something is hidden, outermost first, and return it."""
        folds = place.locator("xpath=ancestor::details[not(@open)]/summary")
        while folds.count():
            folds.first.click()
        return place

    def ask(self, opener: str | re.Pattern[str], confirm: str) -> None:
        """Press a button that asks for confirmation, and confirm; the dialog is judged too."""
        # The opener is a <summary>, which has no role of a button.
        self.page.locator("summary", has_text=opener).first.click()
        self.page.get_by_role("dialog").wait_for()
        self.look()
        with self.page.expect_navigation():
            self.click(confirm, self.page.get_by_role("dialog"))

    def sign_in(self, email: str, password: str) -> None:
        """Sign in through the sign-in page."""
        self.open("/sign-in/")
        self.page.get_by_label("Email").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        with self.page.expect_navigation(url=lambda url: "/sign-in/" not in url):
            self.click("Sign in")

    def sign_in_by_code(self, path: str, email: str, mail: MailBox) -> None:
        """Open a page, be asked who one is, and sign in with a code from the mail."""
        self.open(path)
        if "/sign-in/code/" not in self.page.url:
            self.click("Send me a code by mail", role="link")
            self.look()
        since = mail.mark()
        self.page.get_by_label("Email").fill(email)
        self.click(re.compile("code", re.IGNORECASE))
        text = mail.wait(since, lambda to, _subject, body: email in to and bool(CODE.search(body)))
        code = CODE.search(text)
        assert code is not None
        self.page.get_by_label("Code").fill(code.group(1))
        self.look()
        with self.page.expect_navigation(url=lambda url: "/sign-in/" not in url):
            self.click("Continue")

    def leave(self) -> None:
        """Close the browser profile; nothing may have gone wrong since the last look."""
        left = [*self.faults]
        self.page.context.close()
        assert not left, left

    def _judge(self, width: int) -> Iterator[str]:
        excess = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if excess > 0:
            yield f"scrolls sideways by {excess} px"
        sort = sort_of(self.page.url), width
        if width != self.width and sort in JUDGED:
            return
        JUDGED.add(sort)
        for violation in Axe().run(self.page).response["violations"]:
            places = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:4])
            yield f"{violation['impact']} {violation['id']}: {violation['help']} ({places})"

    def _hear(self, message: ConsoleMessage) -> None:
        # Violations of the content policy are said here, too.
        if message.type in {"error", "warning"}:
            self.faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _receive(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status} from {response.url}")
        for name, value in response.headers.items():
            if PLATFORM.search(f"{name} {value}"):
                self.faults.append(f"header {name}: {value} of {response.url}")

    def _picture(self, width: int) -> None:
        """Keep a picture of the page in the directory ``$E2E_PICTURES``, for those who want to look themselves."""
        directory = os.environ.get("E2E_PICTURES")
        if directory:
            name = re.sub(r"\W+", "-", self.page.url.partition("//")[2]).strip("-")
            path = Path(directory) / f"{len(self.looked_at):02}-{name}-{width}.png"
            self.page.screenshot(path=path, full_page=True)
