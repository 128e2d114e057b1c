# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Blenders and a customer's page in one room: what one does the others see, each in their own way."""

import pytest

pytest.importorskip("bpy")
pytest.importorskip("pycrdt")

from blender.test_collaborate import HEM, Blender, link
from server.process import running
from web.studio import start_browser

SEEN = "await pages.rita.getByText(values.text).first().waitFor();"
TAB = "await pages.rita.getByRole('tab', { name: values.name }).click();"


def test_two_blenders_and_a_page_share_one_room(tmp_path):
    browser = start_browser()
    blenders = [Blender(tmp_path / f"{name}.log") for name in ("ana", "ben")]
    ana, ben = blenders
    try:
        with running(tmp_path / "review") as server:
            ana("bpy.ops.toile.new_tshirt()")
            ana("bpy.ops.toile.set_colour(colour=(0.15, 0.3, 0.6)); pushed('T-shirt')")
            ana.join(link(server, name="Ana"))
            ben.join(link(server, name="Ben"))
            address = link(server, "reviewer", "Rita Lund")
            view = {"viewport": {"width": 1440, "height": 900}}
            browser.run("await open('rita', values.address, values.view);", address=address, view=view)

            # A slider of Ana's is seen in Ben's Blender and in the page.
            ana("sliders().body_length = 0.71")
            ben.until(HEM, 0.71)
            browser.run(TAB, name="Choose")
            browser.run("await pages.rita.locator('#what').selectOption({ label: 'Body length' });" + SEEN,
                        text="Now 71 %")  # fmt: skip

            # She offers the look, and publishes: the garment stands in the page.
            ana("bpy.ops.toile.offer_look(name='Ink')")
            ana("bpy.ops.toile.offer_fabrics(fabrics=[{'name': 'linen', 'offered': True}])")
            ana("bpy.ops.toile.set_colour(colour=(0.8, 0.6, 0.2)); bpy.ops.toile.offer_look(name='Sand')")
            ana("bpy.ops.toile.publish_version(label='First')")
            browser.run("await pages.rita.locator('.tool:enabled', { hasText: 'Turntable' }).waitFor();" + SEEN,
                        text="First")  # fmt: skip

            # A colour and a fabric chosen in the page, and a comment on a piece, are in both Blenders.
            browser.run("await pages.rita.getByLabel('Ink').check(); await pages.rita.getByLabel(/linen/i).check();")
            browser.run(TAB, name="Comments")
            browser.run("await pages.rita.locator('#comment').fill('A deeper neck?');"
                        "await pages.rita.locator('#where').selectOption({ index: 1 });"
                        "await pages.rita.getByRole('button', { name: 'Send' }).click();")  # fmt: skip
            for blender in blenders:
                blender.until("[c.text for c in view.comments(session.current())]", ["A deeper neck?"])
                assert blender("view.comments(session.current())[0].pinned")
                blender.until("len(view.choices(session.current()))", 2)
            ana("bpy.ops.toile.go_to_comment(comment=view.comments(session.current())[0].key)")
            ana("bpy.ops.toile.take_choice(choice='colour/main'); pushed('Ink')")
            ben("bpy.ops.toile.take_choice(choice='fabric/main'); pushed('Linen')")
            for blender in blenders:
                blender.until("[the().toile.colour, the().toile.fabric]", ["#264d99", "linen"])
            browser.run("await pages.rita.waitForTimeout(500);"
                        "await pages.rita.screenshot({ path: values.path });",
                        path=str(tmp_path / "page.png"))  # fmt: skip

            # Undo in Ana's Blender takes back hers and leaves Ben's, in both Blenders and in the page.
            ana("pushed('Before the hem')")
            ben("sliders().sleeve_length = 0.5")
            ana.until("round(sliders().sleeve_length, 6)", 0.5)
            ana("sliders().body_length = 0.75")
            ben.until(HEM, 0.75)
            ana("pushed('Hem'); bpy.ops.ed.undo()")
            ben.until(HEM, 0.71)
            for blender in blenders:
                assert blender("round(sliders().sleeve_length, 6)") == 0.5
            browser.run(TAB, name="Choose")
            browser.run(SEEN, text="Now 71 %")
            browser.run("await pages.rita.locator('#what').selectOption({ label: 'Sleeve length' });" + SEEN,
                        text="Now 50 ")  # fmt: skip
            complaints = browser.run("return pages.rita.complaints;")
            assert complaints == []
    finally:
        browser.close()
        for blender in blenders:
            blender.child.kill()
            blender.child.wait()
