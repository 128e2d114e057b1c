# SPDX-License-Identifier: GPL-3.0-or-later
"""A designer's first five minutes in a real Blender window, by simulated mouse and keyboard. Run by test_walk.py.

The hand finds a button as a person does: it goes down the sidebar until the button under the mouse is the one it wants
(Blender tells, as in its own "Copy Python Command"). A timer measures how long the main thread is ever held up.
Writes walk.json and screenshots beside itself, in the folder named after `--`.
"""

import json
import os
import shutil
import subprocess
import sys
import time
import traceback
from pathlib import Path

import bpy

OUT = Path(sys.argv[sys.argv.index("--") + 1]).absolute()
ZIP = Path(sys.argv[sys.argv.index("--") + 2]).absolute()
CORES = os.cpu_count() or 1
STEP = 0.06  # seconds between two simulated events

found = {"longest_stall": {}, "seconds": {}, "steps": []}
here = {"x": 800, "y": 450}


def window():
    return bpy.context.window_manager.windows[0]


def view():
    return next(area for area in window().screen.areas if area.type == "VIEW_3D")


def region(kind):
    return next(region for region in view().regions if region.type == kind)


def the_garment():
    """Found anew each time: undo and redo leave no Python reference alive."""
    return next(obj for obj in bpy.data.objects if obj.toile.kind == "GARMENT")


# ---- Eyes and hands ----


def shot(name):
    """A picture of the big area; Blender's own screenshot is black under software OpenGL."""
    if shutil.which("xwd") and shutil.which("convert"):
        area = max(window().screen.areas, key=lambda area: area.width * area.height)
        place = f"{area.width}x{area.height}+{area.x}+{window().height - area.y - area.height}"
        picture = f"-crop {place} +repage -strip -define png:compression-level=9 '{OUT / name}.png'"
        subprocess.run(f"xwd -root -silent | convert xwd:- {picture}", shell=True, check=True)


def move(x, y):
    here.update(x=int(x), y=int(y))
    window().event_simulate(type="MOUSEMOVE", value="NOTHING", x=here["x"], y=here["y"])


def press(kind, unicode=None, **modifiers):
    for value in ("PRESS", "RELEASE"):
        text = {"unicode": unicode} if value == "PRESS" and unicode else {}
        window().event_simulate(type=kind, value=value, x=here["x"], y=here["y"], **text, **modifiers)


def type_text(text):
    names = {"0": "ZERO", "1": "ONE", "2": "TWO", ".": "PERIOD", "/": "SLASH", "_": "MINUS", "-": "MINUS", " ": "SPACE"}
    for letter in text:
        press(names.get(letter, letter.upper()), letter)
        yield


def under_mouse():
    """The Python command of the button under the mouse."""
    with bpy.context.temp_override(window=window(), area=view(), region=region("UI")):
        if not bpy.ops.ui.copy_python_command_button.poll():
            return ""
        bpy.context.window_manager.clipboard = ""
        bpy.ops.ui.copy_python_command_button()
    return bpy.context.window_manager.clipboard


def find_button(command, share=0.3):
    """Go down the sidebar, then scroll to its end and look again."""
    ui = region("UI")
    for wheel in ("WHEELUPMOUSE", "WHEELDOWNMOUSE"):
        move(ui.x + share * ui.width, ui.y + ui.height / 2)
        for _ in range(30):
            press(wheel)
        yield from pause(0.3)
        if (yield from look_down(command, share, ui.y + ui.height - 8)):
            return
    raise AssertionError(f"there is no button for {command} in the sidebar")


def look_down(command, share, top):
    """Go down the sidebar from a height; True where the button under the resting mouse runs the command."""
    ui = region("UI")
    for y in range(int(top), ui.y + 4, -9):
        move(ui.x + share * ui.width, y)
        yield
        if command in under_mouse():
            yield from pause(0.3)  # Blender may be a step behind the mouse
            if command in under_mouse():
                return True
    return False


def look_across(command):
    """Go along the row under the mouse until the button is the one that runs the command."""
    ui = region("UI")
    for share in range(50, 99, 2):
        move(ui.x + share / 100 * ui.width, here["y"])
        yield from pause(0.1)
        if command in under_mouse():
            return
    raise AssertionError(f"there is no button for {command} in that row")


def click():
    press("LEFTMOUSE")
    yield


def watch(name):
    """Begin to measure stalls under a new name."""
    stall["name"], stall["last"] = name, time.perf_counter()
    stall["since"] = stall["last"]


stall = {"name": "start", "last": time.perf_counter(), "since": time.perf_counter()}


def heartbeat():
    now = time.perf_counter()
    name = stall["name"]
    if now - stall["last"] > 0.05:
        found.setdefault("stalls", []).append((name, round(now - stall["last"], 3), round(now - stall["since"], 2)))
    found["longest_stall"][name] = max(found["longest_stall"].get(name, 0.0), now - stall["last"])
    stall["last"] = now
    return 0.002


# ---- The walk ----


def walk():
    bpy.ops.extensions.package_install_files(repo="user_default", filepath=str(ZIP), enable_on_install=True)
    from bl_ext.user_default.toile.addon import job_runner

    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    bpy.ops.ed.undo_push(message="Empty scene")
    view().spaces.active.show_region_ui = True
    view().spaces.active.shading.color_type = "MATERIAL"
    yield
    region("UI").active_panel_category = "Toile"
    view().tag_redraw()
    yield
    yield
    shot("1-empty")

    with bpy.context.temp_override(window=window(), area=view(), region=region("UI")):
        bpy.ops.wm.call_menu(name="TOILE_MT_new_garment")
    yield from pause(0.6)
    shot("2-wardrobe")
    start = time.perf_counter()
    watch("new garment")
    press("T")  # the letter underlined in T-shirt
    while not any(obj.toile.kind == "GARMENT" for obj in bpy.data.objects):
        yield
        assert time.perf_counter() - start < 30, "New T-shirt made nothing"
    found["seconds"]["new_tshirt"] = time.perf_counter() - start
    with bpy.context.temp_override(window=window(), area=view(), region=region("WINDOW")):
        bpy.ops.view3d.view_axis(type="FRONT")
    eye = view().spaces.active.region_3d
    eye.view_location, eye.view_distance = (0.2, 0.0, 1.1), 1.9  # the garment, left of the sidebar
    yield from pause(1.0)
    shot("2-new-tshirt")
    found["steps"].append("new")
    yield from adjust()
    yield from slide()

    yield from live(job_runner)
    yield from find_button("toile.drape")
    yield from draw_under_load(job_runner)
    shot("4-before-drape")
    start = time.perf_counter()
    watch("drape")
    yield from click()
    while job_runner.busy() is None:
        yield
        assert time.perf_counter() - start < 10, "Drape began nothing"
    shown = False
    while job_runner.busy() is not None:
        yield
        if not shown and job_runner.view().fraction > 0.3:
            shown = True
            watch("screenshot")  # not Blender's doing
            shot("5-draping")
            watch("drape")
        assert time.perf_counter() - start < 600, "the drape never ended"
    found["seconds"]["drape"] = time.perf_counter() - start
    found["longest_tick"] = job_runner._current.longest_tick
    watch("after")
    yield from pause(0.6)
    garment = the_garment()
    found["sentence"] = job_runner.view().sentence
    found["report"] = json.loads(garment.toile.report or "{}")
    assert garment.toile.state == "DRAPED", job_runner.view().sentence
    found["steps"].append("drape")
    shot("6-draped")

    yield from undo_and_redo()
    yield from cancel(job_runner)

    yield from find_button("toile.export")
    yield from click()
    yield from pause(1.0)
    browser = next(area for area in window().screen.areas if area.type == "FILE_BROWSER")
    browser.spaces.active.params.directory = str(OUT / "export").encode()
    move(browser.x + browser.width / 2, browser.y + browser.height / 2)
    yield from pause(1.0)
    shot("7-export")
    press("RET")
    yield from pause(1.0)
    while job_runner.busy():
        yield
    found["exported"] = sorted(path.name for path in (OUT / "export").iterdir())
    assert found["exported"], "nothing was exported"
    found["steps"].append("export")
    yield from fit_map()
    yield from pattern()
    yield from scans()
    yield from preferences()


def adjust():
    """Adjust Last Operation: open it, type another bust ease, and the T-shirt is drafted anew."""
    hud = region("HUD")
    move(hud.x + 30, hud.y + hud.height - 12)
    yield
    yield from click()
    yield from pause(0.6)
    from bl_ext.user_default.toile.patterns import style

    tshirt = style("tshirt")
    hud, slots = region("HUD"), len(tshirt.offer(tshirt.resolve({})).slots)
    move(hud.x + 0.75 * hud.width, hud.y + hud.height - 44 - 23 * slots)  # the row below the slots
    yield
    press("LEFTMOUSE", ctrl=True)
    yield from pause(0.3)
    press("A", ctrl=True)
    yield
    yield from type_text("0.2")
    press("RET")
    start = time.perf_counter()
    while abs((garment := the_garment()).toile.style_tshirt.bust_ease - 0.2) > 1e-6:
        yield
        assert time.perf_counter() - start < 30, f"bust ease stays {garment.toile.style_tshirt.bust_ease}"
    yield from pause(1.0)
    shot("3-adjust")
    found["steps"].append("adjust")


def slide():
    """A moved slider redrafts by itself; an impossible one says so beside the sliders and changes nothing."""
    from bl_ext.user_default.toile.addon import live

    before = the_garment().toile.revision
    the_garment().toile.style_tshirt.body_length += 0.1
    start = time.perf_counter()
    while the_garment().toile.revision == before:
        yield
        assert time.perf_counter() - start < 20, "the slider moved and nothing was drafted"
    yield from pause(0.5)
    assert not live.refusal(the_garment())
    found["steps"].append("slide")


def draws_per_second(tag):
    """How often the 3D view is drawn, over five seconds."""
    drawn = []
    handle = bpy.types.SpaceView3D.draw_handler_add(lambda: drawn.append(1), (), "WINDOW", "POST_PIXEL")
    start = time.perf_counter()
    while time.perf_counter() - start < 5.0:
        tag()
        yield
    bpy.types.SpaceView3D.draw_handler_remove(handle, "WINDOW")
    return len(drawn) / (time.perf_counter() - start)


def live(job_runner):
    """A quick engine in the place of Blender's shows its frames; paused, stepped and cancelled by its buttons."""
    from bl_ext.user_default.toile.addon import engine

    os.environ.update(PYTHONPATH=str(Path(".dev").absolute()), TOILE_STEPS="100000", TOILE_PACE="0.033")
    blender_worker = engine.blender_worker
    child = [bpy.app.binary_path, "-b", "--factory-startup", "--python-use-system-env", "--python"]
    engine.blender_worker = lambda: [*child, str(Path("tests/blender/drape_child.py").absolute())]
    watch("drawing the view")
    found["draws_per_second"] = yield from draws_per_second(region("WINDOW").tag_redraw)
    the_garment().toile.engine, the_garment().toile.particle_distance = "blender", 0.0082
    yield from find_button("toile.drape")
    yield from click()
    yield from until(
        lambda: job_runner.busy() is not None and job_runner._current.live.shown >= 3, "no frame came", 180
    )
    seen = job_runner._current.live
    watch("live")
    found["live_draws_per_second"] = yield from draws_per_second(lambda: None)
    found["live_points"] = max(len(obj.data.vertices) for obj in bpy.data.objects if "toile_stands_in_for" in obj)
    found["longest_live_tick"] = job_runner._current.longest_tick
    watch("buttons")
    shot("4-live")
    assert (yield from look_down("toile.cancel_job", 0.83, here["y"] + 20))
    yield from look_across("toile.pause_drape")
    yield from click()
    yield from until(lambda: job_runner.view().phase.value == "paused", "Pause paused nothing")
    yield from pause(0.5)
    stood = seen.shown
    yield from pause(0.5)
    assert seen.shown == stood, "it moves while it is paused"
    shot("4-paused")
    yield from look_across("toile.step_drape")
    yield from click()
    yield from until(lambda: seen.shown == stood + 1, "Step made no step")
    yield from look_across("toile.cancel_job")
    yield from click()
    yield from until(lambda: job_runner.busy() is None, "Cancel stopped nothing")
    assert not any("toile_stands_in_for" in obj for obj in bpy.data.objects)
    assert not the_garment().hide_get()
    the_garment().toile.particle_distance = 0.02  # a first look
    engine.blender_worker = blender_worker
    for name in ("PYTHONPATH", "TOILE_STEPS", "TOILE_PACE"):
        del os.environ[name]
    found["steps"].append("live")


def in_view(operator, **options):
    """Call an operator as if the mouse were over the 3D view."""
    with bpy.context.temp_override(window=window(), area=view(), region=region("WINDOW")):
        assert operator(**options) == {"FINISHED"}, operator


def fit_map():
    """Stretch along the warp on the draped cloth, with its legend beside it."""
    in_view(bpy.ops.toile.show_map, map="strain_warp")
    yield from pause(1.0)
    shot("10-fit-map")
    in_view(bpy.ops.toile.show_map, map="FABRIC")
    found["steps"].append("map")


def pattern():
    """A corner of the flat front is dragged out and taken over, then the front is split; the garment follows."""
    in_view(bpy.ops.toile.show_pattern)
    in_view(bpy.ops.view3d.view_axis, type="FRONT")
    eye = view().spaces.active.region_3d
    eye.view_location, eye.view_distance = (1.15, 0.0, 0.85), 3.6
    sidebar = region("UI")
    move(sidebar.x + sidebar.width / 2, sidebar.y + sidebar.height / 2)
    for _ in range(30):
        press("WHEELUPMOUSE")
    yield
    move(view().x + 300, view().y + 40)  # away from any tooltip
    front = next(obj for obj in bpy.data.objects if obj.toile.kind == "PIECE" and obj.toile.piece == "front")
    pick(front, lambda points: [max(range(len(points)), key=lambda k: points[k].x - points[k].y)])
    in_view(bpy.ops.transform.translate, value=(0.04, 0.0, 0.03))
    yield from unfold()
    shot("flat-pattern")
    before = the_garment().toile.revision
    in_view(bpy.ops.toile.take_over_edits)
    assert the_garment().toile.revision != before, "the edit was taken over and nothing was drafted"
    front = next(obj for obj in bpy.data.objects if obj.toile.kind == "PIECE" and obj.toile.piece == "front")
    pick(front, neck_and_waist)
    in_view(bpy.ops.toile.split_piece)
    yield from unfold()
    shot("adjustments")
    assert len(the_garment().toile.adjustments) == 2
    found["steps"].append("pattern")


def unfold():
    """Let the sidebar's panels come to rest: they move a little with each drawing."""
    for _ in range(40):
        region("UI").tag_redraw()
        yield


def neck_and_waist(points):
    """The centre front's upper end, and the point of the side seam that is nearest to half the height."""
    low, high = min(p.y for p in points), max(p.y for p in points)
    aside = max(p.x for p in points) / 2
    neck = max(range(len(points)), key=lambda k: points[k].y - 9 * points[k].x)
    side = [k for k in range(len(points)) if points[k].x > aside]
    return [neck, min(side, key=lambda k: abs(points[k].y - (low + high) / 2))]


def pick(piece, wanted):
    """Edit a drawn piece with these points of its outline selected and no others."""
    if bpy.context.mode != "OBJECT":
        in_view(bpy.ops.object.mode_set, mode="OBJECT")
    for obj in bpy.context.view_layer.objects:
        obj.select_set(obj == piece)
    bpy.context.view_layer.objects.active = piece
    points = piece.data.splines[0].bezier_points
    chosen = wanted([p.co for p in points])
    for k, point in enumerate(points):
        point.select_control_point = point.select_left_handle = point.select_right_handle = k in chosen
    in_view(bpy.ops.object.mode_set, mode="EDIT")


def scans():
    """File ▸ Import lists body scans; a scan dropped into the viewport asks for the engine, which is not installed."""
    middle = region("WINDOW")
    move(middle.x + 300, middle.y + middle.height - 300)
    with bpy.context.temp_override(window=window(), area=view(), region=middle):
        bpy.ops.wm.call_menu(name="TOPBAR_MT_file_import")
    yield from pause(0.6)
    shot("8-import")
    press("ESC")
    yield from pause(0.3)
    scan = OUT / "scan.obj"
    scan.write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "utf-8")
    with bpy.context.temp_override(window=window(), area=view(), region=middle):
        bpy.ops.wm.drop_import_file("INVOKE_DEFAULT", directory=str(OUT), files=[{"name": scan.name}])
    yield from pause(0.6)
    shot("8-drop")
    press("B")  # Import Body Scan, and not Import Wavefront OBJ
    yield from pause(0.6)
    shot("8-no-engine")
    press("ESC")
    yield from pause(0.3)
    told = info_lines()
    assert any("install it in Preferences" in line for line in told), told
    found["steps"].append("scan")


def info_lines():
    """What Blender told the user so far: the text of the Info editor."""
    area = view()
    area.type = "INFO"
    with bpy.context.temp_override(window=window(), area=area, region=area.regions[-1]):
        bpy.ops.info.select_all(action="SELECT")
        bpy.ops.info.report_copy()
    area.type = "VIEW_3D"
    return bpy.context.window_manager.clipboard.splitlines()


def preferences():
    """The engine's box in the preferences."""
    area = view()
    area.type = "PREFERENCES"
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Toile"
    yield
    yield
    listing = next(region for region in area.regions if region.type == "WINDOW")
    move(listing.x + 32, listing.y + listing.height - 46)  # the arrow before the only row
    yield
    yield from click()
    yield from pause(1.0)
    shot("9-preferences")
    area.type = "VIEW_3D"


def undo_and_redo():
    """Ctrl Z over the viewport takes the drape back in one step, Ctrl Shift Z brings it again."""
    window_region = region("WINDOW")
    for shift, state in ((False, "PIECES"), (True, "DRAPED")):
        move(window_region.x + 200, window_region.y + 200)
        yield
        press("Z", ctrl=True, shift=shift)
        yield from pause(0.8)
        garment = the_garment()
        assert garment.toile.state == state, f"undo step: {garment.toile.state} instead of {state}"
    found["steps"].append("undo")


def draw_under_load(job_runner):
    """How long drawing alone holds Blender up while other processes keep every core busy, as a drape does."""
    busy = [subprocess.Popen([sys.executable, "-c", "import os; os.nice(5)\nwhile True: pass"]) for _ in range(CORES)]
    yield from pause(0.5)
    watch("drawing the sidebar")
    for _ in range(40):
        job_runner.redraw()
        yield
    watch("screenshot")
    for process in busy:
        process.kill()
        process.wait()


def cancel(job_runner):
    """A second drape, stopped by the X beside its progress bar."""
    yield from find_button("toile.drape")
    yield from click()
    while job_runner.busy() is None or job_runner.view().fraction <= 0.0:
        yield
    assert (yield from look_down("toile.cancel_job", 0.83, here["y"] + 20)), (
        "there is no Cancel beside the progress bar"
    )
    start = time.perf_counter()
    yield from click()
    while job_runner.busy() is not None:
        yield
        assert time.perf_counter() - start < 20, "Cancel stopped nothing"
    found["seconds"]["cancel"] = time.perf_counter() - start
    assert job_runner.view().phase.value == "cancelled", job_runner.view().phase
    found["steps"].append("cancel")


def until(condition, otherwise, seconds=30):
    end = time.perf_counter() + seconds
    while not condition():
        yield
        assert time.perf_counter() < end, otherwise


def pause(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        yield


steps = walk()


def tick():
    try:
        next(steps)
        return STEP
    except StopIteration:
        pass
    except BaseException:  # noqa: BLE001 (whatever goes wrong must reach the test, and Blender must quit)
        found["error"] = traceback.format_exc()
        shot("error")
    (OUT / "walk.json").write_text(json.dumps(found, indent=1))
    bpy.ops.wm.quit_blender()
    return None


bpy.context.preferences.view.show_splash = False
bpy.context.preferences.view.smooth_view = 0
bpy.context.preferences.view.filebrowser_display_type = "SCREEN"  # no window manager here to place a second window
bpy.context.preferences.use_preferences_save = False
bpy.app.timers.register(tick, first_interval=1.0)
bpy.app.timers.register(heartbeat)
