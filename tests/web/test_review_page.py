# SPDX-License-Identifier: GPL-3.0-or-later
"""What a customer does in the review page reaches the studio, what the studio does is seen in it, and nothing else."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike
from server.process import Process, running
from toile.collab_server import frames, wire
from toile.collab_server.review import canonical
from web.garments import on_skirt, rest_of, skirt
from web.studio import Browser, Studio

FIELD = math.radians(28)  # of view, of the page's camera, from top to bottom
MARKUP = "<img src=x onerror=alert(1)>"
LENGTH = {"label": "Skirt length", "low": 0.3, "high": 0.9, "unit": "m"}
COMMENT = "await page.locator('#comment').fill(values.text); await page.getByRole('button', { name: 'Send' }).click();"
SEEN = "await page.getByText(values.text).first().waitFor();"


A_CARD = """
    const told = WebGL2RenderingContext.prototype.getParameter;
    WebGL2RenderingContext.prototype.getParameter = function (name) {
      return name === 0x9246 ? "A card" : told.call(this, name); // UNMASKED_RENDERER_WEBGL
    };"""


@pytest.fixture(autouse=True)
def quiet(browser: Browser) -> Iterator[None]:
    """No page may have complained: no script's error, no breach of its content policy, no dialog."""
    yield
    complaints = browser.run("return Object.values(pages).flatMap((page) => page.complaints);")
    allowed = ("WebSocket", "Failed to load resource", "ERR_")  # a network that was cut
    assert [each for each in complaints if not any(word in each for word in allowed)] == []


@pytest.fixture
def worn(studio: Studio) -> Studio:
    """A room with a published skirt, and a reviewer's page that shows it."""
    studio.edit("parameters", length=0.5, flare=0.1)
    studio.edit("offer", title="Skirt", parameter__length=LENGTH, colour__Ink={"main": "#20304f"}, size__M=0, size__L=1)
    studio.publish(skirt(0.5), "First", M=skirt(0.5), L=skirt(0.6))
    studio.open()
    loaded(studio)
    return studio


def loaded(studio: Studio, page: str = "page") -> None:
    studio.run("await page.locator('.tool:enabled', { hasText: 'Turntable' }).waitFor();", page)


def tab(studio: Studio, name: str, page: str = "page") -> None:
    studio.run("await page.getByRole('tab', { name: values.name }).click();", page, name=name)


def camera(studio: Studio) -> dict[str, list[float]]:
    """Where the page told that it looks from, once it tells what it shows."""

    def told() -> list[dict[str, Any]]:
        states = [json.loads(state) for state in studio.design.presence.values()]
        return [state["camera"] for state in states if state.get("tool") == "page" and "camera" in state]

    studio.run("await page.waitForTimeout(1000);")  # it tells three times a second
    studio.until(told)
    return told()[-1]


def projected(studio: Studio, point: ArrayLike) -> np.ndarray:
    """The pixel (2,) of the window at which a camera of that place sees a point (3,) of Blender's space."""
    box = studio.run("return page.locator('canvas').boundingBox();")
    told = camera(studio)
    at, to = np.array(told["at"]), np.array(told["to"])
    forward = (to - at) / np.linalg.norm(to - at)
    right = np.cross(forward, [0, 0, 1])
    right /= np.linalg.norm(right)
    away = np.asarray(point) - at
    scale = box["height"] / 2 / math.tan(FIELD / 2) / (away @ forward)
    return np.array([box["x"] + box["width"] / 2 + away @ right * scale,
                     box["y"] + box["height"] / 2 - away @ np.cross(right, forward) * scale])  # fmt: skip


def pin(studio: Studio, number: int = 1) -> np.ndarray:
    """The middle (2,) of a pin, in pixels of the window."""
    box = studio.run(
        "const pin = page.locator('.pin:not(.draft)', { hasText: values.number });"
        "await pin.waitFor(); return pin.boundingBox();", number=str(number)
    )  # fmt: skip
    return np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


def settles(seen: Callable[[], bool]) -> None:
    """Wait for what a page shows: it draws, turns and tells when it comes to it."""
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end


def lies(studio: Studio, place: Callable[[], ArrayLike]) -> None:
    """Wait until the pin lies at a place, in pixels of the window."""
    settles(lambda: float(np.linalg.norm(pin(studio) - place())) < 2.5)


def test_a_slider_that_a_designer_moves_is_seen(worn: Studio) -> None:
    tab(worn, "Choose")
    worn.run(SEEN, text="Now 50 cm")
    worn.edit("parameters", length=0.625)
    worn.run(SEEN, text="Now 62.5 cm")
    worn.edit("offer", title="A longer skirt")
    worn.run("await page.getByRole('heading', { name: 'A longer skirt' }).waitFor();")


def test_a_pin_is_where_the_pattern_says_and_stays_there(worn: Studio) -> None:
    """Found again by piece and UV: on the published skirt, and on a longer one that replaces it."""
    spot = (0.05, 0.3)
    worn.command("comment", text="Softer here?", piece="front", uv=list(spot))
    lies(worn, lambda: projected(worn, on_skirt("front", spot, 0.5)))
    worn.publish(skirt(0.7), "Longer")
    worn.run("await page.locator('header').getByText('Longer').waitFor();")
    lies(worn, lambda: projected(worn, on_skirt("front", spot, 0.7)))


def test_a_comment_pinned_in_the_page_arrives_with_its_place(worn: Studio) -> None:
    spot = (-0.04, 0.2)
    x, y = projected(worn, on_skirt("front", spot, 0.5))
    worn.run("await page.getByRole('button', { name: 'Pin to the garment' }).click();"
             "await page.mouse.click(values.x, values.y);" + COMMENT, x=x, y=y, text="A pocket, please")  # fmt: skip
    worn.until(lambda: len(worn.review.map("comments")) == 1)
    (comment,) = worn.read("comments").values()
    assert (comment["text"], comment["piece"], comment["by"]) == ("A pocket, please", "front", "Rita Lund")
    assert np.abs(np.array(comment["uv"]) - spot).max() < 0.004
    lies(worn, lambda: (x, y))


def test_a_reply_and_a_status_go_both_ways(worn: Studio) -> None:
    worn.run(COMMENT, text="Is the hem even?")
    worn.until(lambda: len(worn.review.map("comments")) == 1)
    (name,) = worn.read("comments")
    worn.command("comment", text="It is now", reply_to=name)
    worn.run(SEEN + "await page.getByRole('button', { name: 'Mark as resolved' }).click();", text="It is now")
    worn.until(lambda: name in worn.review.map("marks"))
    assert worn.read("marks")[name]["status"] == "resolved"
    worn.run("await page.getByText('Is the hem even?').waitFor({ state: 'hidden' });")
    worn.command("mark", comment=name, status="open")
    worn.run(SEEN, text="Is the hem even?")


def shade(studio: Studio, page: str = "page") -> np.ndarray:
    """The colour (3,), 0 to 255, that a page shows of the skirt's middle in front; all pages look alike."""
    x, y = projected(studio, on_skirt("front", (0.0, 0.25), 0.5))
    code = """
        const shot = await page.screenshot({ clip: { x: values.x - 4, y: values.y - 4, width: 8, height: 8 } });
        return page.evaluate(async (bytes) => {
          const image = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
          const context = new OffscreenCanvas(8, 8).getContext('2d');
          context.drawImage(image, 0, 0);
          return [...context.getImageData(4, 4, 1, 1).data].slice(0, 3);
        }, [...shot]);"""
    return np.array(studio.run(code, page, x=x, y=y), float)


def test_a_colour_chosen_arrives_and_is_worn(worn: Studio) -> None:
    grey = shade(worn)
    assert np.ptp(grey) < 25
    tab(worn, "Choose")
    worn.run("await page.getByLabel('Ink').check();")
    worn.until(lambda: "colour/main" in worn.review.map("choices"))
    assert worn.read("choices")["colour/main"]["value"] == "#20304f"
    worn.run("await page.getByText('Chosen by Rita Lund').first().waitFor();")
    settles(lambda: shade(worn).mean() < grey.mean() - 40)
    ink = shade(worn)
    seen, chosen = ((np.array(codes) / 255) ** 2.2 for codes in (ink, (0x20, 0x30, 0x4F)))
    hue = [(b - r) / (g - r) for r, g, b in (seen, chosen)]  # the same in any light, with any grey reflection over it
    assert hue[0] == pytest.approx(hue[1], rel=0.2)


def test_cloth_has_one_colour_with_and_without_a_graphics_card(worn: Studio) -> None:
    """The room that a card lights by, and the sky that stands in for it where software draws, are one brightness."""
    worn.open(name="Ben", page="card", before=A_CARD)
    loaded(worn, "card")
    by_sky, by_room = shade(worn), shade(worn, "card")
    assert np.abs(by_sky - by_room).max() < 10
    assert (by_sky != by_room).any()


def test_fabric_and_size_are_shared(worn: Studio) -> None:
    worn.open(name="Ben", page="other")
    loaded(worn, "other")
    tab(worn, "Choose", "other")
    tab(worn, "Choose")
    worn.run("await page.getByLabel('Wool').check(); await page.getByLabel('L', { exact: true }).check();")
    worn.until(lambda: {"fabric/main", "size/garment"} <= set(worn.review.map("choices")))
    worn.run("await page.locator('input[value=Wool]:checked').waitFor({ state: 'attached' });"
             "await page.locator('input[value=L]:checked').waitFor({ state: 'attached' });", "other")  # fmt: skip
    spot = (0.0, 0.55)  # higher than the first size reaches
    worn.command("comment", text="Here", piece="front", uv=list(spot))
    lies(worn, lambda: projected(worn, on_skirt("front", spot, 0.6)))


def test_a_proposal_is_accepted_with_a_click(worn: Studio) -> None:
    tab(worn, "Choose")
    worn.run("await page.locator('#value').fill('0.55'); await page.getByRole('button', { name: 'Suggest' }).click();")
    worn.until(lambda: len(worn.review.map("proposals")) == 1)
    (name,) = worn.read("proposals")
    assert worn.read("proposals")[name]["value"] == 0.55
    worn.run(
        "if (await page.getByRole('button', { name: 'Accept' }).isVisible()) throw new Error('a reviewer decides');"
    )
    worn.open("designer", "Dana", "designer")
    tab(worn, "Choose", "designer")
    worn.run("await page.getByRole('button', { name: 'Accept' }).click();", "designer")
    worn.until(lambda: worn.design.map("parameters").get("length") == 0.55)
    worn.until(lambda: name in worn.review.map("decisions"))
    assert worn.read("decisions")[name]["accepted"] is True
    worn.run(SEEN, text="Accepted by Dana")


def test_an_approval_is_signed_for_what_was_seen(worn: Studio) -> None:
    (key,) = worn.read("versions")
    tab(worn, "Versions")
    worn.run("await page.getByRole('button', { name: 'Approve this version' }).click();"
             "await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();")  # fmt: skip
    worn.until(lambda: len(worn.review.map("approvals")) == 1)
    (approval,) = worn.read("approvals").values()
    statement = {name: value for name, value in approval.items() if name != "signature"}
    assert statement["version"] == key
    assert worn.server.invites.signed(canonical(statement), approval["signature"])
    assert not worn.server.invites.signed(canonical({**statement, "by": "Eve"}), approval["signature"])
    worn.run(SEEN, text="Approved by Rita Lund")


def test_two_versions_are_compared(worn: Studio) -> None:
    worn.edit("parameters", length=0.7)
    worn.publish(skirt(0.7), "Longer")
    tab(worn, "Versions")
    worn.run("await page.getByRole('button', { name: 'Compare' }).click();" + SEEN, text="70 cm | 50 cm")
    worn.run("await page.getByLabel('Where the two versions meet').fill('0.25');"
             "await page.getByRole('button', { name: 'Side by side' }).click();"
             "await page.locator('input.wipe').waitFor({ state: 'hidden' });"
             "await page.getByRole('button', { name: 'End comparison' }).click();"
             "await page.locator('.wipe-line').waitFor({ state: 'hidden' });")  # fmt: skip


def test_the_review_is_replayed(worn: Studio) -> None:
    worn.command("comment", text="Too short")
    worn.publish(skirt(0.7), "Longer")
    worn.run(SEEN, text="Too short")
    worn.run("await page.locator('header').getByText('Longer').waitFor();"
             "await page.getByRole('button', { name: 'Replay' }).click();"
             "const moment = page.getByLabel('Moment of the review'); await moment.fill('0');"
             "await page.locator('header').getByText('First').waitFor();"
             "await page.getByText('Too short').waitFor({ state: 'hidden' });"
             "await moment.fill('1'); await page.getByText('Too short').waitFor();"
             "await page.locator('.replay').getByRole('button', { name: 'Close' }).click();"
             "await page.locator('header').getByText('Longer').waitFor();")  # fmt: skip


def test_the_fit_map_tells_its_scale(worn: Studio) -> None:
    worn.run("await page.getByRole('button', { name: 'Fit' }).click();" + SEEN, text="5 %")
    worn.run("await page.getByRole('button', { name: 'Pressure' }).click();" + SEEN, text="2 kPa")


def test_a_drag_is_seen_as_it_happens(worn: Studio) -> None:
    worn.command("comment", text="Here", piece="front", uv=[0.0, 0.3])
    rest = rest_of(0.5)
    lies(worn, lambda: projected(worn, on_skirt("front", (0.0, 0.3), 0.5)))
    (version,) = worn.read("versions").values()
    lifted = (rest + np.array([0, 0, 0.06])).astype(np.float32)

    async def dragged() -> None:
        worn.design.say(7, 1, {"tool": "blender", "base": version["glb"]})
        worn.design.send(wire.frame(b"rubbish"))
        worn.design.send(wire.frame(frames.encode(lifted, rest, 1)))

    worn.do(dragged())
    lies(worn, lambda: projected(worn, on_skirt("front", (0.0, 0.36), 0.5)))


def test_a_viewer_may_only_look(worn: Studio) -> None:
    worn.command("comment", text="For all to read")
    worn.open("viewer", "Vera", "viewer")
    worn.run(
        SEEN
        + """
        for (const name of ['Send', 'Reply', 'Mark as resolved', 'Suggest', 'Approve this version'])
          if (await page.getByRole('button', { name, includeHidden: true }).evaluateAll(
            (all) => all.some((one) => one.checkVisibility()))) throw new Error(name);
        await page.getByRole('tab', { name: 'Choose' }).click();
        if (!(await page.getByLabel('Ink').isDisabled())) throw new Error('Ink');""",
        "viewer",
        text="For all to read",
    )


def test_markup_stays_text(worn: Studio) -> None:
    worn.edit("offer", title=MARKUP, **{f"colour__{MARKUP}": {"main": "#123456"}, "size__S": MARKUP})
    worn.edit("offer", parameter__broken=MARKUP, parameter__length={**LENGTH, "label": MARKUP, "unit": MARKUP})
    worn.edit("colours", main=MARKUP)
    worn.command("comment", text=MARKUP, piece=MARKUP, uv=[0, 0])
    worn.open("reviewer", MARKUP, "eve")
    worn.run("await page.getByRole('heading', { name: values.text }).waitFor();" + SEEN, text=MARKUP)
    for name in ("Choose", "Versions", "Comments"):
        tab(worn, name)
    assert worn.run("return page.locator('img[src=x], [onerror]').count();") == 0


def test_a_killed_server_is_waited_for(tmp_path: Path, browser: Browser) -> None:
    """What is written meanwhile waits, and arrives when the server is back."""
    port = str(free_port())
    first = Process(tmp_path / "rooms", "--port", port)
    studio = Studio("gown", first, browser)
    try:
        studio.open()
        first.kill()
        studio.run("await page.getByText('You are offline').waitFor();" + COMMENT, text="Written in a tunnel")
        studio.run("await page.getByText('1 message waits.').waitFor();"
                   "await page.getByText('Waiting to be sent').waitFor();")  # fmt: skip
        with running(tmp_path / "rooms", "--port", port) as second:
            studio.rejoin(second)
            studio.run("await page.locator('.banner').waitFor({ state: 'hidden' });"
                       "await page.getByText('Waiting to be sent').waitFor({ state: 'hidden' });")  # fmt: skip
            studio.until(lambda: len(studio.review.map("comments")) == 1)
            assert [one["text"] for one in studio.read("comments").values()] == ["Written in a tunnel"]
            studio.close()
    finally:
        first.child.kill()


def test_what_waits_survives_a_reload(worn: Studio) -> None:
    worn.run(
        """
        await page.context().setOffline(true);
        await page.evaluate(() => dispatchEvent(new Event('offline')));
        await page.getByText('You are offline').waitFor();"""
        + COMMENT,
        text="Before the reload",
    )
    worn.run("await page.getByText('Waiting to be sent').waitFor();"
             "await page.context().setOffline(false); await page.reload();")  # fmt: skip
    worn.until(lambda: len(worn.review.map("comments")) == 1)
    worn.run(SEEN, text="Before the reload")


def test_an_ended_invitation_says_so(worn: Studio) -> None:
    (invite,) = [one for one in worn.server.invites.all() if (one.room, one.name) == (worn.room, "Rita Lund")]
    worn.server.invites.revoke(invite.id, 1.0)
    worn.run(SEEN, text="This link no longer opens the review. This invitation was withdrawn: ask for another.")


def test_a_wrong_link_says_what_to_do(studio: Studio) -> None:
    for fragment, words in (
        ("", "by the link in your invitation"),
        (f"#{studio.room}/{studio.token}x", "no longer opens"),
    ):
        address = f"http://127.0.0.1:{studio.server.port}/{fragment}"
        studio.browser.run("await open('wrong', values.address); await pages.wrong.getByText(values.words).waitFor();"
                           "await pages.wrong.context().close();", address=address, words=words)  # fmt: skip


def test_a_garment_that_cannot_be_shown_says_so(studio: Studio) -> None:
    studio.open()
    studio.run(SEEN, text="The designer has not published a version yet.")
    studio.publish(b"no garment at all", "Broken")
    studio.run(SEEN + "await page.getByRole('button', { name: 'Try again' }).waitFor();", text="could not be loaded")
    studio.publish(skirt(), "Whole")
    loaded(studio)


@pytest.mark.parametrize("size", [(1440, 900), (390, 844)])
def test_it_can_be_read_by_everyone(worn: Studio, size: tuple[int, int]) -> None:
    """By axe nothing is against WCAG 2.2 AA (contrast, names, roles): tabs, a dialog, offline, in Chinese."""
    worn.command("comment", text="Softer here?", piece="front", uv=[0.0, 0.3])
    worn.command("propose", parameter="length", value=0.6, text="For winter")
    worn.command("approve", version=next(iter(worn.read("versions"))))
    worn.run("await page.setViewportSize(values.size); await page.locator('.pin:not(.draft)').waitFor();",
             size={"width": size[0], "height": size[1]})  # fmt: skip
    found = worn.run("""
        const found = await audit(page);
        for (const name of ['Choose', 'Versions']) {
          await page.getByRole('tab', { name }).click();
          found.push(...await audit(page));
        }
        await page.getByRole('button', { name: 'Fit' }).click();
        await page.getByRole('button', { name: 'Approve this version' }).click();
        found.push(...await audit(page));
        await page.keyboard.press('Escape');
        await page.evaluate(() => dispatchEvent(new Event('offline')));
        await page.getByRole('button', { name: '中文' }).click();
        await page.getByRole('tab', { name: '评论' }).waitFor();
        found.push(...await audit(page));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
        return wide ? [...found, 'it is wider than the window'] : found;""")
    assert found == []


def test_it_is_used_by_keyboard_alone(worn: Studio) -> None:
    worn.command("comment", text="Softer here?", piece="front", uv=[0.0, 0.3])
    before = camera(worn)
    worn.run("""
        const focused = () => page.evaluate(() =>
          document.activeElement === document.body ? '' : document.activeElement.textContent);
        const reach = async (words) => {
          for (let k = 0; k < 40 && !(await focused()).includes(words); k++) await page.keyboard.press('Tab');
          if (!(await focused()).includes(words)) throw new Error(`not reached: ${words}`);
        };
        await reach('Skip to the comments');
        await page.keyboard.press('Enter');
        await reach('Comments');
        await page.keyboard.press('ArrowRight');
        if (!(await page.locator('#choose').isVisible())) throw new Error('the arrow changed no tab');
        await page.keyboard.press('ArrowLeft');
        await page.keyboard.press('Tab');
        await page.keyboard.type('By hand');
        await page.keyboard.press('Tab');
        await page.keyboard.type('Front');
        await reach('Send');
        await page.keyboard.press('Enter');
        await page.locator('canvas').focus();
        await page.keyboard.press('ArrowRight');""")
    worn.until(lambda: len(worn.review.map("comments")) == 2)
    (mine,) = [one for one in worn.read("comments").values() if one["text"] == "By hand"]
    assert (mine["piece"], mine["uv"]) == ("front", pytest.approx([0.0, 0.25], abs=1e-6))
    settles(lambda: float(np.linalg.norm(np.subtract(camera(worn)["at"], before["at"]))) > 0.1)
    after = camera(worn)
    assert after["to"] == before["to"]
    away = [np.linalg.norm(np.subtract(told["at"], told["to"])) for told in (before, after)]
    assert away[1] == pytest.approx(away[0], abs=0.005)


def test_one_looks_along_with_another(worn: Studio) -> None:
    async def looked() -> None:
        worn.design.say(7, 1, {"tool": "blender", "camera": {"at": [2.0, 0.0, 1.0], "to": [0.0, 0.0, 0.7]}})

    worn.do(looked())
    worn.run("await page.getByRole('button', { name: /Look with Ana Ruiz/ }).click();"
             "await page.getByText('Looking with Ana Ruiz').waitFor();")  # fmt: skip
    worn.command("comment", text="From the side", piece="front", uv=[math.pi * 0.15 / 2 - 0.01, 0.3])
    box = worn.run("return page.locator('canvas').boundingBox();")
    settles(lambda: abs(pin(worn)[0] - box["x"] - box["width"] / 2) < 20)  # the front's side edge faces +X
    worn.run("await page.locator('canvas').focus(); await page.keyboard.press('+');"
             "await page.getByText('Looking with').waitFor({ state: 'hidden' });")  # fmt: skip


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
