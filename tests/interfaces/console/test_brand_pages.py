"""The brand editor and the queue page."""

import io
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.core.clock import now
from apps.core.ids import new_id
from apps.dispatch.models import WorkItem
from tenants.models import Brand, Partner, Tenant
from tenants.types import TenantRef
from tests.interfaces.pages import browser, headline, words


def png(side: int = 40) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (side, side), "#225588").save(out, "PNG")
    return SimpleUploadedFile("logo.png", out.getvalue(), content_type="image/png")


@pytest.fixture
def brand(partner: Partner) -> Brand:
    return partner.brand


def sent(brand: Brand, **changed: object) -> dict[str, object]:
    return {
        "version": brand.version,
        "name": brand.name,
        "primary": brand.primary,
        "accent": "",
        "support_email": "help@northmsp.example",
        "mail_sender_name": "",
        "mail_sender_address": "",
        **changed,
    }


class TestBrand:
    def test_is_in_force_at_once_on_every_host(self, pat: Client, brand: Brand, alpha: TenantRef) -> None:
        changes = sent(brand, name="Northern Light", primary="#0A7F5A", logo=png())
        response = pat.post("/brand/", changes, follow=True)
        assert "Saved. Every page and mail carries it from now on." in words(response)
        tenant = browser(alpha.primary_host)
        page = tenant.get("/sign-in/").content.decode()
        assert "Northern Light" in page
        css = re.search(r'href="(/brand\.css[^"]+)"', page)
        assert css is not None
        assert "--brand:#0a7f5a" in tenant.get(css.group(1)).content.decode()
        assert Image.open(io.BytesIO(tenant.get("/brand/logo").content)).size == (40, 40)

    def test_saving_it_unchanged_changes_nothing(self, pat: Client, brand: Brand) -> None:
        pat.post("/brand/", sent(brand))
        held = Brand.objects.get(pk=brand.pk).version
        for _click in range(2):
            assert pat.post("/brand/", sent(brand, version=1)).status_code == 303
        assert Brand.objects.get(pk=brand.pk).version == held

    def test_a_logo_is_taken_away_again(self, pat: Client, brand: Brand) -> None:
        pat.post("/brand/", sent(brand, logo=png()))
        brand.refresh_from_db()
        assert brand.logo
        pat.post("/brand/", sent(brand, remove_logo="on"))
        brand.refresh_from_db()
        assert not brand.logo

    def test_somebody_was_faster(self, pat: Client, brand: Brand) -> None:
        stale = sent(brand, name="Mine")
        pat.post("/brand/", sent(brand, name="Theirs"))
        response = pat.post("/brand/", stale)
        assert response.status_code == 409
        assert "Somebody else has changed the brand" in words(response)
        assert 'value="Mine"' in response.content.decode()
        brand.refresh_from_db()
        assert brand.name == "Theirs"

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("name", "", "Give the brand a name."),
            ("name", 'North "MSP" <x>', "Leave out quotation marks"),
            ("mail_sender_name", 'a" <evil@x.example>', "Leave out quotation marks"),
            ("primary", "blue", "Use a colour such as #1f4e79."),
            ("primary", "", "Choose a colour such as #1f4e79."),
            ("accent", "#12", "Use a colour such as #1f4e79."),
            ("support_email", "nobody", "Enter a valid email address."),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_field(
        self, pat: Client, brand: Brand, field: str, value: str, said: str
    ) -> None:
        response = pat.post("/brand/", sent(brand, **{field: value}))
        assert response.status_code == 422
        assert said in words(response)
        assert Brand.objects.get(pk=brand.pk).version == brand.version

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "The file is not a PNG, JPEG or WebP picture."),
            (b"\x89PNG\r\n\x1a\nbroken", "The file is not a PNG, JPEG or WebP picture."),
            (b"x" * 1_000_001, "The file is larger than 1 MB."),
        ],
    )
    def test_bad_logos(self, pat: Client, brand: Brand, content: bytes, said: str) -> None:
        response = pat.post("/brand/", sent(brand, logo=SimpleUploadedFile("logo.png", content)))
        assert response.status_code == 422
        assert said in words(response)


class TestPreview:
    def test_shows_what_is_typed_and_saves_nothing(self, pat: Client, brand: Brand) -> None:
        response = pat.post(
            "/brand/preview/", sent(brand, name="Try <b>me</b>", primary="#ffd400", logo=png())
        )
        page = response.content.decode()
        assert "Try &lt;b&gt;me" in page
        assert "/brand/preview.css?primary=%23ffd400" in page
        assert "data:image/png;base64," in page
        assert "too light for white text" in words(response)
        assert Brand.objects.get(pk=brand.pk).name == brand.name

    @pytest.mark.parametrize(
        "changed", [{"primary": "zzz"}, {"primary": ""}, {"accent": "#1"}, {"name": ""}, {"primary": "#fff"}]
    )
    def test_bears_half_typed_input(self, pat: Client, brand: Brand, changed: dict[str, str]) -> None:
        assert pat.post("/brand/preview/", sent(brand, **changed)).status_code == 200

    def test_a_bad_logo_is_said(self, pat: Client, brand: Brand) -> None:
        response = pat.post("/brand/preview/", sent(brand, logo=SimpleUploadedFile("a.png", b"no")))
        assert "not a PNG, JPEG or WebP picture" in words(response)

    def test_its_colours_reach_nothing_else(self, pat: Client) -> None:
        css = pat.get("/brand/preview.css?primary=%23ffd400&accent=").content.decode()
        assert all(line.startswith(".brand-preview") for line in css.strip().splitlines())
        assert pat.get("/brand/preview.css?primary=red}body{display:none").status_code == 404


class TestOperations:
    def test_nothing_waits(self, pat: Client) -> None:
        WorkItem.objects.all().delete()
        assert headline(pat.get("/operations/")) == "Work gets done: nothing is waiting"

    def test_only_the_partners_own_work_is_counted(self, pat: Client, alpha: TenantRef) -> None:
        WorkItem.objects.all().delete()
        beta = Tenant.objects.get(slug="beta")
        for tenant_id, state, lane in (
            (alpha.id, "ready", "actions"),
            (alpha.id, "parked", "actions"),
            (beta.pk, "ready", "beta-lane"),
            (beta.pk, "parked", "beta-lane"),
        ):
            WorkItem.objects.create(
                tenant_id=tenant_id,
                lane=lane,
                kind="test.kind",
                ref=new_id(),
                state=state,
                run_at=now(),
                error="No answer",
            )
        response = pat.get("/operations/", headers={"HX-Request": "true"})
        assert headline(response) == "1 piece of work was given up after repeated failures"
        assert "<html" not in response.content.decode()
        text = words(response)
        assert "Alpha Delivery: test.kind" in text
        assert "beta-lane" not in text
