# SPDX-License-Identifier: GPL-3.0-or-later
"""What Toile registers in Blender: one list, in order, undone in reverse. A failure surfaces."""

from __future__ import annotations

from collections.abc import Callable

import bpy

from ..operators import (
    adjust_allowance,
    adjust_dart,
    adjust_line,
    adjust_notch,
    adjust_remove,
    adjust_split,
    adjust_spread,
    adjust_take_over,
    body_asset,
    body_landmark,
    body_measure,
    body_pose,
    body_privacy,
    body_symmetry,
    cancel_job,
    choose_part,
    collaborate_decide,
    collaborate_join,
    collaborate_offer,
    collaborate_sizes,
    collaborate_talk,
    drape,
    engine,
    export,
    export_file,
    fabric_match,
    fabric_print,
    fabric_swatch,
    fabric_vary,
    fabric_weave,
    hand_over,
    import_fabric,
    import_pattern,
    import_scan,
    measure_fabric,
    new_body,
    new_garment,
    pause_drape,
    pin,
    preset,
    production_batch,
    production_files,
    production_marker,
    production_pack,
    production_sizes,
    recommend,
    recommend_card,
    recommend_person,
    redraft,
    reload_styles,
    save_assets,
    set_colour,
    set_fabric,
    show_map,
    show_pattern,
)
from ..panels import body, fabric, fit, garment
from ..panels import collaborate as collaborate_panel
from ..panels import drape as drape_panel
from ..panels import export as export_panel
from ..panels import pattern as pattern_panel
from ..panels import production as production_panel
from ..panels import recommend as recommend_panel
from . import (
    brief,
    cli,
    engines,
    i18n,
    job_runner,
    landmark_handles,
    live,
    moving_cloth,
    overlay,
    preferences,
    properties,
    recommending,
    shelf,
    studio,
    tapes,
)
from .collaborate import session as review
from .fabrics import library, loom, pictures, variations

CLASSES: tuple[type, ...] = (
    preferences.ToilePreferences,
    new_body.NewBody,
    import_scan.ImportScan,
    import_scan.ScanFileHandler,
    body_measure.SetMeasure,
    body_landmark.MoveLandmark,
    body_landmark.ResetLandmarks,
    body_symmetry.MakeSymmetric,
    body_pose.ShowPose,
    body_privacy.RemoveIdentity,
    body_asset.SaveBodyAsset,
    landmark_handles.LandmarkHandles,
    *new_garment.NEW_GARMENTS,
    import_pattern.ImportPattern,
    import_pattern.PatternFileHandler,
    preset.NewFromPreset,
    preset.SavePreset,
    reload_styles.ReloadStyles,
    redraft.Redraft,
    choose_part.ChoosePart,
    show_pattern.ShowPattern,
    show_pattern.HidePattern,
    adjust_take_over.TakeOverEdits,
    adjust_notch.AddNotchHere,
    adjust_notch.RemoveNotchHere,
    adjust_split.SplitPiece,
    adjust_spread.SpreadPiece,
    adjust_dart.RotateDartHere,
    adjust_dart.CloseDartHere,
    adjust_dart.MoveApexHere,
    adjust_allowance.SetAllowanceHere,
    adjust_line.PlacePocket,
    adjust_remove.RemoveAdjustment,
    adjust_remove.MoveAdjustment,
    set_fabric.SetFabric,
    set_colour.SetColour,
    fabric_match.MatchStripes,
    fabric_print.PlacePrint,
    fabric_print.LayPrints,
    fabric_print.RemovePrint,
    fabric_swatch.ReadSwatch,
    fabric_swatch.SwatchFileHandler,
    fabric_swatch.RescaleFabric,
    loom.WeaveDraft,
    fabric_weave.BeginWeave,
    fabric_weave.KeepWeave,
    fabric_vary.VaryFabric,
    fabric_vary.TakeVariation,
    measure_fabric.MeasureFabric,
    import_fabric.ImportFabric,
    drape.DrapeGarment,
    pause_drape.PauseDrape,
    pause_drape.StepDrape,
    pin.Pin,
    pin.ClearPins,
    hand_over.HandOver,
    show_map.ShowMap,
    cancel_job.CancelJob,
    export.Export,
    *export_file.CLASSES,
    save_assets.SaveAssets,
    production_sizes.ShowSizes,
    production_sizes.HideProduction,
    production_marker.LayMarkers,
    production_files.WriteSizes,
    production_pack.WriteTechPack,
    production_batch.RunBatch,
    engine.InstallEngine,
    engine.RemoveEngine,
    engine.EngineLicences,
    collaborate_join.HostReview,
    collaborate_join.JoinReview,
    collaborate_join.LeaveReview,
    collaborate_join.Invite,
    collaborate_talk.Comment,
    collaborate_talk.MarkComment,
    collaborate_talk.GoToComment,
    collaborate_talk.Follow,
    collaborate_talk.ExportMinutes,
    collaborate_decide.Decide,
    collaborate_decide.TakeChoice,
    collaborate_offer.OfferLook,
    collaborate_offer.OfferedFabric,
    collaborate_offer.OfferFabrics,
    collaborate_sizes.OfferSizes,
    collaborate_offer.WithdrawOffers,
    collaborate_decide.PublishVersion,
    brief.Brief,
    recommend.Recommend,
    recommend_card.ApplyCard,
    recommend_card.MoreLikeCard,
    recommend_card.LockChoice,
    recommend_card.NeverCard,
    recommend_card.AllowAgain,
    recommend_person.RememberCustomer,
    recommend_person.TellFit,
    recommend_person.ForgetCustomer,
    # The sidebar's panels, in the order of the work.
    body.BodyPanel,
    body.MeasurementsPanel,
    body.SizesPanel,
    body.ShapeAndPosePanel,
    garment.NewGarmentMenu,
    garment.GarmentPanel,
    garment.ImportNotesPanel,
    garment.ParametersPanel,
    garment.ChoiceMenu,
    pattern_panel.AdjustmentList,
    pattern_panel.PatternPanel,
    fit.FitPanel,
    fit.MapNumbersPanel,
    fabric.FabricPanel,
    fabric.WeavePanel,
    fabric.VariationsPanel,
    fabric.PrintsPanel,
    drape_panel.DrapePanel,
    export_panel.ExportPanel,
    production_panel.ProductionPanel,
    recommend_panel.RecommendPanel,
    collaborate_panel.CollaboratePanel,
    collaborate_panel.CommentsPanel,
    collaborate_panel.DecisionsPanel,
)

_commands: list[object] = []  # Blender's handle of our command line, while it is registered

Step = tuple[Callable[[], None], Callable[[], None]]

STEPS: tuple[Step, ...] = (
    (i18n.register, i18n.unregister),
    (shelf.register, shelf.unregister),
    (properties.register, properties.unregister),
    *((lambda c=c: i18n.register_class(c), lambda c=c: bpy.utils.unregister_class(c)) for c in CLASSES),
    (brief.register, brief.unregister),
    (pictures.register, pictures.unregister),
    (library.register, library.unregister),
    (loom.register, loom.unregister),
    (lambda: None, variations.forget),
    (recommending.register, recommending.unregister),
    (studio.register, studio.unregister),
    (new_garment.register_studio, new_garment.unregister_studio),
    *(
        (lambda e=e: bpy.types.TOPBAR_MT_file_import.append(e), lambda e=e: bpy.types.TOPBAR_MT_file_import.remove(e))
        for e in (import_scan.menu_entry, import_pattern.menu_entry)
    ),
    (
        lambda: bpy.types.TOPBAR_MT_file_export.append(export_file.menu_entry),
        lambda: bpy.types.TOPBAR_MT_file_export.remove(export_file.menu_entry),
    ),
    (
        lambda: _commands.append(bpy.utils.register_cli_command("toile", cli.main)),
        lambda: bpy.utils.unregister_cli_command(_commands.pop()),
    ),
    (moving_cloth.register, moving_cloth.unregister),
    (overlay.register, overlay.unregister),
    (tapes.register, tapes.unregister),
    (engines.look_later, engines.forget),
    (lambda: None, live.forget),
    (review.register, review.unregister),
    (lambda: None, job_runner.shut_down),
)


def register() -> None:
    """Do every step; if one fails, undo those before it and let the error surface."""
    done: list[Step] = []
    try:
        for step in STEPS:
            step[0]()
            done.append(step)
    except BaseException:
        for _, undo in reversed(done):
            undo()
        raise


def ensure_registered() -> None:
    """Register where no installed extension has done so: the command line in a clone."""
    if not hasattr(bpy.types.Object, "toile"):
        register()


def unregister() -> None:
    """Undo every step in reverse."""
    for _, undo in reversed(STEPS):
        undo()
