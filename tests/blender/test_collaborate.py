# SPDX-License-Identifier: GPL-3.0-or-later
"""Two Blenders and a customer in one room, over a real server: what one does the others see, and nothing is lost."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("bpy")
pytest.importorskip("pycrdt")

from server.process import Process, running

ROOT = Path(__file__).resolve().parents[2]
CHILD = Path(__file__).with_name("collaborate_child.py")


class Blender:
    """A Blender in a process of its own, to be told Python."""

    def __init__(self, log: Path) -> None:
        with log.open("wb") as said:
            self.child = subprocess.Popen(
                [sys.executable, str(CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env={**os.environ, "PYTHONPATH": str(ROOT / ".dev"), "OMP_NUM_THREADS": "1"},
            )
        self.log = log

    def __call__(self, python: str):
        """The value of an expression, or of nothing for statements; raises what it raised."""
        self.child.stdin.write(json.dumps(python) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        assert line, self.log.read_text(errors="replace")
        told = json.loads(line)
        assert "raised" not in told, told["details"]
        return told["value"]

    def refused(self, python: str) -> str:
        """The sentence that it raises."""
        self.child.stdin.write(json.dumps(python) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())["raised"]

    def until(self, python: str, equal=True):
        """Wait until an expression has a value."""
        end = time.monotonic() + 60
        while (value := self(python)) != equal:
            assert time.monotonic() < end, (python, value, equal, self("session.current() and session.current().notes"))
            time.sleep(0.02)

    def join(self, link: str) -> None:
        self(f"bpy.ops.toile.join_review(link={link!r})")
        self.until("session.current().joined")

    def end(self) -> list[str]:
        """Disable Toile and end; the threads of Toile's that are left."""
        self.child.stdin.close()
        left = json.loads(self.child.stdout.readline())["value"]
        assert self.child.wait(60) == 0
        return left


class Pair(list):
    """Two Blenders and the server that they last met at."""

    server: Process


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two Blenders, kept for all tests of this file."""
    folder = tmp_path_factory.mktemp("blenders")
    blenders = Pair(Blender(folder / f"{name}.log") for name in ("ana", "ben"))
    yield blenders
    assert [blender.end() for blender in blenders] == [[], []]


def link(server: Process, role: str = "designer", name: str = "") -> str:
    token = server.invites.issue("gown", role, name or role.capitalize(), time.time() + 3600)
    return f"http://127.0.0.1:{server.port}/#gown/{token}"


@pytest.fixture(scope="module")
def rooms():
    """The servers that were started for this file, the last one the current."""
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def room(pair, rooms, tmp_path_factory):
    """Ana's T-shirt in a room, and Ben beside her, who began with an empty file; as the last test left it."""
    ana, ben = pair
    if not all(blender("session.current() is not None and session.current().online") for blender in pair):
        pair.server = rooms.enter_context(running(tmp_path_factory.mktemp("review") / "review"))
        for blender in pair:
            blender("session.leave(); bpy.ops.wm.read_factory_settings(use_empty=True)")
        ana("bpy.ops.toile.new_tshirt()")
        ana("pushed('T-shirt')")
        ana.join(link(pair.server, name="Ana"))
        ben.join(link(pair.server, name="Ben"))
    for blender in pair:
        blender.until("[len(session.current().others), session.current().saved]", [1, True])
        blender("session.current().notes.clear()")
    return ana, ben, pair.server


@contextlib.contextmanager
def customer(server: Process, role: str = "reviewer"):
    """What a customer's page does: commands to the review, in their order."""
    from server.peers import Peer, dial

    class At:
        port = server.port

    loop = asyncio.new_event_loop()

    async def come():
        peer = Peer(await dial(At, link(server, role, "Rita").rpartition("/")[2], "review"))
        await peer.sync()
        return peer

    peer = loop.run_until_complete(come())

    def command(do, **what):
        return loop.run_until_complete(peer.command(do, **what))

    try:
        yield command
    finally:
        loop.run_until_complete(peer.close())
        loop.close()


HEM = "round(sliders().body_length, 6)"


def test_the_garment_stands_in_both_as_the_first_had_it(room):
    ana, ben, _ = room
    assert ben("the().toile.style") == "tshirt"
    ben.until("garment.read(the()) == session.current()._ledger.seen")
    same = "sorted([*key, str(value)] for key, value in garment.read(the()).items())"
    ben.until(same, ana(same))
    assert ben("len(the().data.vertices)") == ana("len(the().data.vertices)")
    assert ana("session.current().others[0].name") == "Ben"


def test_a_slider_moved_in_one_is_seen_in_the_other_and_nothing_echoes(room):
    ana, ben, _ = room
    before = ben("the().toile.revision")
    ana("sliders().body_length = 0.71")
    ben.until(HEM, 0.71)
    ben.until("the().toile.revision != " + repr(before))  # and the pattern follows
    ben("the().toile.particle_distance = 0.02")
    ana.until("round(the().toile.particle_distance, 6)", 0.02)
    ben("the().toile.inner = True")
    ana.until("the().toile.inner", True)
    ben("the().toile.inner = False")
    ana.until("the().toile.inner", False)
    ana.until("session.current().saved")
    for blender in (ana, ben):
        edits = blender("session.current()._ledger.mine(garment.read(the()))")
        assert edits == {}
        assert blender(HEM) == 0.71
        assert blender("session.current().notes") == []
    assert ben("[person.holds for person in session.current().others]") in (["parameters/body_length"], [""])


def test_colour_fabric_body_and_adjustments_go_over(room):
    ana, ben, _ = room
    ben("bpy.ops.toile.set_colour(colour=(1.0, 0.0, 0.5))")
    ana.until("the().toile.colour", "#ff0080")
    assert ana("the().data.materials[0]['toile_colour']") == "#ff0080"
    ben("bpy.ops.toile.set_fabric(fabric='denim')")
    ana.until("the().toile.fabric", "denim")
    ana("the('BODY').toile.measures.waist = 0.81")
    ben.until("round(the('BODY').toile.measures.waist, 6)", 0.81)
    ben.until("abs(bridge.body_of(the('BODY')).measurements['waist'].value - 0.81) < 0.02")
    ana(
        "from toile.patterns.adjustments import AddNotch, MovePoint\n"
        "piece = bridge.pattern_of(the()).pieces[0]\n"
        "edges = [edge.name for edge in piece.edges]\n"
        "properties.add_adjustments(the(), [AddNotch('Notch', piece.name, edges[0], 0.5),"
        " MovePoint('Corner', piece.name, edges[1], (0.01, 0.0))])"
    )
    ben.until("[row.name for row in the().toile.adjustments]", ["Notch", "Corner"])
    ben("the().toile.adjustments[1].length = 0.02")
    ana.until("round(the().toile.adjustments[1].length, 6)", 0.02)
    ben("the().toile.adjustments.remove(0)")
    ana.until("[row.name for row in the().toile.adjustments]", ["Corner"])
    assert ana("session.current().notes") == ben("session.current().notes") == []


def test_undo_in_one_leaves_the_others_edit(room):
    """Ana moves the hem, Ben the sleeve; Ana's Ctrl-Z takes back hers alone, though her Blender goes to before both."""
    ana, ben, _ = room
    hem, sleeve = ana(HEM), ana("round(sliders().sleeve_length, 6)")
    ana("pushed('Before both')")
    ben("sliders().sleeve_length = 0.5")
    ana.until("round(sliders().sleeve_length, 6)", 0.5)
    ana("sliders().body_length = 0.75")
    ben.until(HEM, 0.75)
    ana("pushed('Hem')")
    ana("bpy.ops.ed.undo()")
    ana.until("round(sliders().sleeve_length, 6)", 0.5)
    ana.until(HEM, hem)
    ben.until(HEM, hem)
    assert ben("round(sliders().sleeve_length, 6)") == 0.5 != sleeve
    ana("bpy.ops.ed.redo()")
    ben.until(HEM, 0.75)
    ana.until("round(sliders().sleeve_length, 6)", 0.5)
    assert ana(HEM) == 0.75


def test_a_reviewers_comment_colour_and_proposal_appear(room, tmp_path):
    ana, ben, server = room
    with customer(server) as say:
        said = {"text": "Looser here?\x07", "piece": ana("bridge.pattern_of(the()).draped().panels()[0].name")}
        assert say("comment", **said, uv=[0.0, 0.2])["done"]
        assert say("choose", what="colour", part="main", value="#336699")["done"]
        assert say("propose", parameter="body_length", value=0.8, text="Longer")["done"]
        assert say("propose", parameter="body_length", value=-1e9)["done"]
    for blender in (ana, ben):
        blender.until("[c.by for c in view.comments(session.current())]", ["Rita"])
        assert blender("view.comments(session.current())[0].text") == "Looser here?"
        blender.until("[c.text for c in view.choices(session.current())]", ["Colour: #336699"])
        blender.until("len(view.proposals(session.current()))", 2)
    ana("bpy.ops.toile.go_to_comment(comment=view.comments(session.current())[0].key)")
    assert (
        ana("min((the().matrix_world @ v.co - bpy.context.scene.cursor.location).length for v in the().data.vertices)")
        < 0.05
    )
    ana("bpy.ops.toile.comment(text='Yes', reply_to=view.comments(session.current())[0].key)")
    ben.until("[a.text for a in view.comments(session.current())[0].answers]", ["Yes"])
    ben("bpy.ops.toile.mark_comment(comment=view.comments(session.current())[0].key)")
    ana.until("view.comments(session.current())[0].resolved")

    events = "[(e['kind'], e['garment'], e['colour']) for e in Store(customers.path()).export('Rita')['events']]"
    ana("import os; from toile.addon import customers; from toile.models.recommend.live import Store")
    ana(f"os.environ[customers.STORE] = {str(tmp_path / 'customers.db')!r}")
    ana("Store(customers.path()).agree('Rita', 'terms')")
    ana("bpy.ops.toile.take_choice(choice=view.choices(session.current())[0].key)")
    ben.until("the().toile.colour", "#336699")
    assert ana(events) == [["chosen", f"tshirt, {ana('the().toile.fabric')}, #336699", "#336699"]]
    ben.until("view.choices(session.current())", [])
    first = "next(p.key for p in view.proposals(session.current()) if 'Longer' in p.text)"
    ana(f"bpy.ops.toile.decide(proposal={first}, accepted=True)")
    ben.until(HEM, 0.8)
    ben.until("len(view.proposals(session.current()))", 1)
    assert "must lie between" in ana.refused(
        "bpy.ops.toile.decide(proposal=view.proposals(session.current())[0].key, accepted=True)"
    )
    ana("bpy.ops.toile.decide(proposal=view.proposals(session.current())[0].key, accepted=False)")
    ben.until("view.proposals(session.current())", [])
    assert ben(HEM) == 0.8


def test_offers_of_fabrics_and_sizes_are_chosen_and_taken_over_as_one_step_each(room):
    ana, ben, server = room
    shelf = "{'denim': False, 'linen': True, 'cotton_poplin': True}"
    ana(f"bpy.ops.toile.offer_fabrics(fabrics=[{{'name': n, 'offered': on}} for n, on in {shelf}.items()])")
    ben.until("sorted(garment.fabrics_offered(session.current().design))", ["cotton_poplin", "linen"])
    assert "shelf" in ana.refused("bpy.ops.toile.offer_fabrics(fabrics=[{'name': 'tin', 'offered': True}])")
    ana("bpy.ops.toile.redraft(target=the('BODY').toile.toile_id)")  # as its slider's timer would
    ana("bpy.ops.toile.offer_sizes()")
    ben.until("sorted(garment.offered(session.current().design, 'size/'))", ["L", "M", "S", "XL"])
    ben("from toile.addon import shelf")
    linen = ben("shelf.label('linen')")
    ana("pushed('Before the choices')")
    waist, before = ana("round(the('BODY').toile.measures.waist, 4)"), ana("the().toile.fabric")
    with customer(server) as say:
        assert say("choose", what="fabric", part="main", value=linen)["done"]
        assert say("choose", what="size", part="garment", value="L")["done"]
    for blender in (ana, ben):
        blender.until("sorted(c.text for c in view.choices(session.current()))", [f"Fabric: {linen}", "Size: L"])
    ana("bpy.ops.toile.take_choice(choice='fabric/main'); pushed('Fabric')")
    ana("bpy.ops.toile.take_choice(choice='size/garment'); pushed('Size')")
    ben.until("the().toile.fabric", "linen")
    sizes = [ben(f"session.current().design['offer', 'body/{size}']['waist']") for size in ("M", "L")]
    assert sizes[1] - sizes[0] == pytest.approx(0.04, abs=5e-4)
    ben.until("round(the('BODY').toile.measures.waist, 4)", round(sizes[1], 4))
    for blender in (ana, ben):
        blender.until("view.choices(session.current())", [])
    ana("bpy.ops.ed.undo()")
    ben.until("round(the('BODY').toile.measures.waist, 4)", waist)
    assert ben("the().toile.fabric") == "linen"
    ana("bpy.ops.ed.undo()")
    ben.until("the().toile.fabric", before)
    with customer(server) as say:
        assert say("choose", what="size", part="garment", value="XXXL")["done"]
    ana.until("any('XXXL' in c.text for c in view.choices(session.current()))")
    assert "not on offer" in ana.refused("bpy.ops.toile.take_choice(choice='size/garment')")
    ana("bpy.ops.toile.publish_version(label='In both')")
    published = "[v['glb'] for _, v in session.current().entries('versions') if v['label'] == 'In both']"
    ben.until(f"len({published})", 1)
    ben("from toile.addon.exports.glb import Glb")
    ben(f"glb = Glb.parse(session.current().connection.download({published}[0]).result(60))")
    variants = ben("[v['name'] for v in glb.json['extensions']['KHR_materials_variants']['variants']]")
    assert sorted(variants) == sorted(
        {linen, ben("shelf.label('cotton_poplin')"), ben("shelf.label(the().toile.fabric)")}
    )
    ana("bpy.ops.toile.withdraw_offers()")
    ben.until("[k for k in session.current().design if k[0] == 'offer' and session.current().design[k] is not None"
              " and k[1].startswith(('fabric/', 'size/', 'body/'))]", [])  # fmt: skip


def test_a_version_is_published_with_its_garment(room):
    ana, ben, server = room
    ana("bpy.ops.toile.publish_version(label='First')")
    ben.until("[v.text for v in view.versions(session.current())][-1:]", ["First"])
    glb = ben("session.current().entries('versions')[-1][1]['glb']")
    assert ben(f"session.current().connection.download({glb!r}).result(60)[:4] == b'glTF'")
    with customer(server) as say:
        version = ben("session.current().entries('versions')[-1][0]")
        assert say("approve", version=version)["done"]
    ana.until("[v.text for v in view.versions(session.current())][-1]", "First ✓ Rita")


@pytest.mark.slow
def test_a_version_is_published_in_every_size_truly_draped(room):
    ana, ben, _ = room
    ana("the().toile.production.smaller, the().toile.production.larger = 0, 1; the().toile.particle_distance = 0.02")
    assert "offer sizes" in ana.refused("bpy.ops.toile.publish_version(sizes=True)")
    ana("bpy.ops.toile.drape(); bpy.ops.toile.offer_sizes()")
    ben.until("sorted(garment.offered(session.current().design, 'size/'))", ["L", "M"])
    there = "[sorted(one.name for one in every) for every in (bpy.data.objects, bpy.data.meshes)]"
    before = ana(there)
    ana("bpy.ops.toile.publish_version(label='Sizes', sizes=True)")
    assert ana(there) == before
    published = "[v for _, v in session.current().entries('versions') if v['label'] == 'Sizes']"
    ben.until(f"[sorted(v['sizes']) for v in {published}]", [["L", "M"]])
    assert ben(f"{published}[0]['sizes']['M'] == {published}[0]['glb']")
    ben("from toile.addon.exports.glb import Glb; import numpy as np")
    deep, wide, particles = {}, {}, {}
    for size in ("M", "L"):
        ben(f"glb = Glb.parse(session.current().connection.download({published}[0]['sizes'][{size!r}]).result(60))")
        ben("skins = [p['attributes'] for m in glb.json['meshes'] for p in m['primitives']]")
        ben("of = [('_PANEL' in skin, glb.json['accessors'][skin['POSITION']]) for skin in skins]")
        ben("ends = lambda on, axis: [box[end][axis] for own, box in of if own == on for end in ('min', 'max')]")
        deep[size] = [ben(f"np.ptp(ends({on}, 2))") for on in (True, False)]  # T-shirt and body, front to back
        wide[size] = ben("np.ptp(ends(True, 0))")
        particles[size] = ben("sum(box['count'] for on, box in of if on)")
    assert all(shirt > body for shirt, body in deep.values()), deep
    assert deep["L"][1] > deep["M"][1] + 0.003, deep
    assert wide["L"] > wide["M"] + 0.003, wide
    # Three hundredths more cloth, its particles as far apart in each.
    assert 1.01 * particles["M"] < particles["L"] < 1.06 * particles["M"], particles
    ana("bpy.ops.toile.withdraw_offers()")


def test_cloth_that_drapes_in_one_moves_in_the_other_and_is_gone_at_its_end(room):
    ana, ben, _ = room
    ana("from toile.addon.moving_cloth import MovingCloth; from toile.sim import build_cloth; import numpy as np")
    ana("body = bridge.body_of(the('BODY')); cloth = build_cloth(bridge.pattern_of(the()), body, 0.04)")
    ana("moving = MovingCloth(the().toile.toile_id); moving.follow(cloth)")
    ana("start = cloth.welded(cloth.vertices).astype(np.float32); step = 0")
    moving = "[obj for obj in bpy.data.objects if 'toile_stands_in_for' in obj]"
    end = time.monotonic() + 60
    while not ben(f"len({moving})"):
        assert time.monotonic() < end, (ana("session.current().notes"), ben("session.current().notes"))
        ana("step += 1; moving.show(start - np.float32([0, 0, 0.001 * step]))")
    ana("moving.show(start - np.float32([0, 0, 0.5]))")
    height = f"round(sum(v.co.z for v in {moving}[0].data.vertices) / len({moving}[0].data.vertices), 4)"
    ben.until(height, ana(height))
    assert ben(f"len({moving}[0].data.polygons)") == ana("len(cloth.welded_faces)")
    assert ben("the().hide_get()")
    ana("moving.close()")
    ben.until(f"len({moving})", 0)
    assert not ben("the().hide_get()")
    assert ben("session.current().notes") == []


def test_a_killed_server_loses_nothing(room):
    """Kill -9; both go on; when it is back, both edits are everywhere."""
    ana, ben, server = room
    ana("sliders().body_length = 0.7")
    ben.until(HEM, 0.7)
    ana.until("session.current().saved")
    server.kill()
    for blender in (ana, ben):
        blender.until("session.current().online", False)
    ana("sliders().body_length = 0.72")
    ben("sliders().sleeve_length = 0.45")
    ana.until("session.current().saved", False)
    with running(server.folder, "--port", str(server.port)):
        ana.until("round(sliders().sleeve_length, 6)", 0.45)
        ben.until(HEM, 0.72)
        for blender in (ana, ben):
            blender.until("session.current().online and session.current().saved")
            blender("session.leave()")


def test_what_is_edited_after_leaving_is_merged_on_joining_again(room, tmp_path):
    """Saved, changed apart, joined again: hers where only she changed it, his where he did too."""
    ana, ben, server = room
    ana(f"bpy.ops.wm.save_as_mainfile(filepath={str(tmp_path / 'ana.blend')!r})")
    ana("session.leave()")
    ben("sliders().body_length = 0.7")
    ben("sliders().sleeve_length = 0.5")
    ben.until("session.current().saved")
    ana(f"bpy.ops.wm.open_mainfile(filepath={str(tmp_path / 'ana.blend')!r})")
    ana("sliders().sleeve_length = 0.4")
    ana("sliders().neck_width = 0.03")
    ana.join(link(server, name="Ana"))
    ana.until(HEM, 0.7)
    ana.until("round(sliders().sleeve_length, 6)", 0.5)
    ben.until("round(sliders().neck_width, 6)", 0.03)
    assert ana("len([o for o in bpy.data.objects if o.toile.kind == 'GARMENT'])") == 1


def test_a_scan_stays_its_owners_until_they_say_so(room):
    ana, ben, _ = room
    ana("the('BODY').toile.source = 'scan.ply'")
    ana.until("garment.ROOTS and [k for k in garment.read(the()) if k[0] == 'body']", [])
    ben("the('BODY').toile.measures.hip = 1.05")
    ana.until("session.current().design['body', 'hip']", 1.05)
    assert ana("round(the('BODY').toile.measures.hip, 3)") != 1.05
    ana("the('BODY').toile.share_scan = True")
    own = ana("round(bridge.body_of(the('BODY')).measurements['hip'].value, 6)")
    ben.until("round(the('BODY').toile.measures.hip, 6)", own)


def test_hostile_values_are_refused_by_name_and_change_nothing(room):
    ana, ben, _ = room
    before = ben("sorted([*key, str(value)] for key, value in garment.read(the()).items())")
    for value in (
        "{('parameters', 'body_length'): 1e300}", "{('parameters', 'body_length'): 'x' * 10000}",
        "{('parameters', 'sleeve'): {'a': [1]}}", "{('parameters', 'no_such'): 1}", "{('garment', 'style'): 'coat'}",
        "{('garment', 'particle_distance'): 12}", "{('garment', 'inner'): 'yes'}",
        "{('fabrics', 'main'): '../../etc'}", "{('colours', 'main'): 'red'}",
        "{('adjustments', 'Evil'): {'kind': 'split', 'piece': 'x'}}", "{('adjustments', 'Evil'): [1, 2]}",
        "{('body', 'waist'): True}", "{('parameters', 'body_length'): None}",
    ):  # fmt: skip
        ana(f"session.current().connection.write({value})")
        key = "/".join(next(iter(eval(value))))
        ben.until(f"any(note.startswith({key!r}) for note in session.current().notes)")
        ben("session.current().notes.clear()")
    ana("session.current().connection.write({('garment', 'adjustments'): {'no': 'list'}, ('offer', 'x'): 1})")
    ben.until("session.current().design.get(('offer', 'x'))", 1)
    assert ben("sorted([*key, str(value)] for key, value in garment.read(the()).items())") == before


def test_an_imported_pattern_is_reviewed(pair, tmp_path):
    """The pattern goes over as it came; adjustments, fabric and colour are shared as any garment's."""
    ana, ben = pair
    with running(tmp_path / "review") as server:
        for blender in pair:
            blender("session.leave(); bpy.ops.wm.read_factory_settings(use_empty=True)")
        ana("bpy.ops.toile.new_pencil_skirt()")
        ana("from toile.patterns.exchange import write_garmentcode; import pathlib")
        path = str(tmp_path / "skirt_specification.json")
        ana(f"write_garmentcode(bridge.pattern_of(the()), pathlib.Path({path!r}))")
        ana(f"bpy.ops.toile.import_pattern(filepath={path!r})")
        assert ana("bool(the().toile.imported)")
        ana.join(link(server, name="Ana"))
        ben.join(link(server, name="Ben"))
        assert ben("the().toile.imported") == ana("the().toile.imported")
        points = "len(the().data.vertices)"
        assert ben(points) == ana(points) > 0
        ana("bpy.ops.toile.set_fabric(fabric='denim')")
        ben.until("the().toile.fabric", "denim")
        ana("bpy.ops.toile.set_colour(colour=(1.0, 0.0, 0.5))")
        ben.until("the().toile.colour", "#ff0080")
        ben("session.current().connection.write({('parameters', 'waist_ease'): 0.1})")
        ana.until("any('no parameters' in note for note in session.current().notes)")
        ben("session.current().connection.write({('garment', 'pattern'): '{}'})")
        ana.until("any('stays what it is' in note for note in session.current().notes)")
        ana("bpy.ops.toile.publish_version(label='Imported')")
        ben.until("[v.text for v in view.versions(session.current())]", ["Imported"])
        for blender in pair:
            blender("session.leave()")


def test_a_broken_imported_pattern_of_a_room_is_refused_by_name(pair):
    ana, _ = pair
    for text in ("1", "'{'", "'[' * 100_000", "'{}'", "{'format': 1}", "'x' * 800_000"):
        refused = ana.refused(f"garment.create({{garment.STYLE: 'imported', garment.PATTERN: {text}}})")
        assert "imported pattern cannot be made here" in refused, (text, refused)


def test_who_may_not_edit_says_so_to_nobody(room, pair):
    ana, ben, server = room
    ben("session.leave()")
    ben.join(link(server, "viewer", "Vera"))
    ben("sliders().body_length = 0.9")
    ana("sliders().sleeve_length = 0.41")
    ben.until("round(sliders().sleeve_length, 6)", 0.41)
    assert ana(HEM) != 0.9
    assert "Only designers" in ben.refused("bpy.ops.toile.publish_version(label='Mine')")


def test_hosting_inviting_and_another_file(pair, tmp_path):
    ana, ben = pair
    for blender in pair:
        blender("session.leave(); bpy.ops.wm.read_factory_settings(use_empty=True)")
    assert "Make a garment first" in ana.refused("bpy.ops.toile.host_review(name='Ana')")
    ana("bpy.ops.toile.new_pencil_skirt()")
    ana(f"bpy.ops.toile.host_review(name='Ana', port=0, folder={str(tmp_path)!r})")
    ana.until("session.current().joined")
    sent = ana("session.current().host.invite(session.current().invitation.room, 'designer', 'Ben').link")
    ben.join(sent)
    assert ben("the().toile.style") == "pencil_skirt"
    assert "Leave the review" in ben.refused(f"bpy.ops.toile.join_review(link={sent!r})")
    child = ana("session.current().host._child.pid")
    ana("bpy.ops.wm.read_factory_settings(use_empty=True)")  # another file: she has left, and her server has ended
    assert ana("session.current()") is None
    ben.until("session.current().online", False)
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text()
    ben("bpy.ops.toile.leave_review()")


def test_what_may_not_be_joined_says_why(pair):
    ana, _ = pair
    ana("session.leave(); bpy.ops.wm.read_factory_settings(use_empty=True)")
    assert "Online Access" in ana.refused(
        "bpy.ops.toile.join_review(link='https://review.example.com/#gown/abcdefghijk')"
    )
    assert "Paste the invitation" in ana.refused("bpy.ops.toile.join_review(link='')")
    assert "no invitation's link" in ana.refused("bpy.ops.toile.join_review(link='x' * 9999)")


def test_toile_can_be_disabled_in_a_review_and_enabled_again(room):
    ana, ben, server = room
    for _ in range(2):
        ana("toile.unregister()")
        assert ana("[t.name for t in threading.enumerate() if t.name == 'toile review']") == []
        ben.until("session.current().others", [])
        ana("toile.register()")
        ana.join(link(server, name="Ana"))
        ben.until("len(session.current().others)", 1)
