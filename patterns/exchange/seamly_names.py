# SPDX-License-Identifier: GPL-3.0-or-later
"""The measurements that Seamly2D and Valentina name as their own, and ours.

Source: the programs' list of measurements, groups A (heights), G (girths), H to J (trunk), L (arm) and M (leg).
"""

from __future__ import annotations

from collections.abc import Mapping

from .freesewing import Measurements
from .seamly_measures import Measures

NAMES: Mapping[str, str] = {  # theirs: ours
    "height": "stature",
    "bust_circ": "bust",
    "lowbust_circ": "underbust",
    "waist_circ": "waist",
    "hip_circ": "hip",
    "neck_circ": "neck_base",
    "neck_mid_circ": "neck",
    "arm_upper_circ": "upper_arm",
    "arm_elbow_circ": "elbow",
    "arm_wrist_circ": "wrist",
    "leg_thigh_upper_circ": "thigh",
    "leg_knee_circ": "knee",
    "leg_calf_circ": "calf",
    "leg_ankle_high_circ": "ankle",
    "shoulder_tip_to_shoulder_tip_b": "across_back_shoulder",
    "shoulder_length": "shoulder_length",
    "arm_shoulder_tip_to_wrist_bent": "arm_length",
    "neck_back_to_waist_b": "back_waist_length",
    "neck_side_to_waist_bustpoint_f": "front_waist_length",
    "bustpoint_to_neck_side": "neck_point_to_bust",
    "bustpoint_to_bustpoint": "bust_point_distance",
    "across_chest_f": "across_front",
    "across_back_b": "across_back",
    "armscye_circ": "armscye_girth",
    "shoulder_slope_neck_side_angle": "shoulder_slope",
    "height_neck_back": "cervicale_height",
    "height_bustpoint": "bust_height",
    "height_waist_side": "waist_height",
    "height_hip": "hip_height",
    "height_knee": "knee_height",
    "height_waist_side_to_hip": "waist_to_hip",
    "height_waist_side_to_knee": "waist_to_knee",
    "leg_crotch_to_floor": "crotch_height",
    "highbust_circ": "high_bust",
    "highhip_circ": "high_hip",
    "head_circ": "head",
    "leg_thigh_mid_circ": "mid_thigh",
    "arm_lower_circ": "forearm",
    "bust_arc_f": "bust_front",
    "highbust_arc_f": "high_bust_front",
    "waist_arc_b": "waist_back",
    "hip_arc_b": "hip_back",
    "bustpoint_to_lowbust": "bust_point_to_underbust",
    "neck_side_to_waist_b": "neck_point_to_waist_back",
    "neck_front_to_waist_f": "centre_front_length",
    "crotch_length": "cross_seam",
    "crotch_length_f": "cross_seam_front",
    "arm_shoulder_tip_to_elbow_bent": "upper_arm_length",
    "arm_elbow_to_wrist_bent": "forearm_length",
    "width_shoulder": "shoulder_breadth",
    "width_waist": "waist_breadth",
    "width_hip": "hip_breadth",
    "height_shoulder_tip": "shoulder_height",
    "height_armpit": "armpit_height",
    "height_ankle": "ankle_height",
}
# Of ours, those for which they have no name.
UNNAMED = (
    "armscye_depth",
    "cervicale_to_wrist",
    "crotch_depth",
    "heel",
    "waist_to_armpit",
    "waist_to_high_hip",
    "waist_to_thigh",
    "waist_to_underbust",
)
_NEARLY = {  # taken over, and said
    "neck_circ": "is taken at the crossing of neck and shoulders, neck_base a little lower",
    "shoulder_slope_neck_side_angle": "is read by whoever measures, shoulder_slope from the front",
}


def measurements_from_seamly(measures: Measures) -> Measurements:
    """Our measurements from a table of theirs. 0 stands for what is not measured; an angle kept as a length is none."""
    values = {
        ours: measures.values[theirs]
        for theirs, ours in NAMES.items()
        if measures.values.get(theirs, 0.0) > 0 and (theirs in measures.angles) == (ours == "shoulder_slope")
    }
    nearly = (
        f"{theirs} {how}: measure again where it matters." for theirs, how in _NEARLY.items() if NAMES[theirs] in values
    )
    return Measurements(
        values,
        tuple(sorted({*NAMES.values(), *UNNAMED} - values.keys())),
        tuple(sorted(n for n in measures.values if NAMES.get(n) not in values)),
        (*measures.notes, *measures.broken.values(), *nearly),
    )


def measurements_to_seamly(values: Mapping[str, float]) -> dict[str, float]:
    """Theirs from our measurements, in metres and radians."""
    return {theirs: values[ours] for theirs, ours in NAMES.items() if ours in values}
