# SPDX-License-Identifier: GPL-3.0-or-later
"""People to draft for."""

# A woman of 1.68 m, in metres and radians.
WOMAN = {
    "bust": 0.92, "waist": 0.74, "hip": 0.98, "neck": 0.33, "across_back_shoulder": 0.40, "shoulder_slope": 0.37,
    "back_waist_length": 0.40, "front_waist_length": 0.43, "armscye_depth": 0.20, "across_back": 0.35,
    "across_front": 0.33, "waist_to_hip": 0.20, "arm_length": 0.57, "upper_arm": 0.28, "wrist": 0.16,
    "waist_to_knee": 0.58, "waist_height": 1.05, "crotch_height": 0.78, "thigh": 0.57, "knee": 0.36,
    "neck_point_to_bust": 0.27, "underbust": 0.79, "bust_point_distance": 0.19, "armscye_girth": 0.38, "stature": 1.68,
    "cervicale_height": 1.44,
}  # fmt: skip
