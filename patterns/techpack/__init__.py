# SPDX-License-Identifier: GPL-3.0-or-later
"""The tech pack: everything a factory needs to know to make a garment, as sheets in English or Chinese.

What it says is worked out from the pattern: measures along its sew lines, seams walked, stitches, thread and minutes by
their length, cloth by the marker. Pictures, flats and the fit come from a drape, where there is one.
"""

from .brief import Brief, Cloth, Fit, TechPackRefused
from .costing import Prices, PricesRefused, read_prices
from .html import document_to_html
from .pages import tech_pack
from .pdf import document_to_pdf
from .points_of_measure import PointOfMeasure, points_of_measure
from .sheets import Drawing, Picture, PictureRefused, Stroke
from .speech import LANGUAGES, LanguageRefused
from .stitches import StitchesRefused, operations, trim_counts

__all__ = [
    "LANGUAGES",
    "Brief",
    "Cloth",
    "Drawing",
    "Fit",
    "LanguageRefused",
    "Picture",
    "PictureRefused",
    "PointOfMeasure",
    "Prices",
    "PricesRefused",
    "StitchesRefused",
    "Stroke",
    "TechPackRefused",
    "document_to_html",
    "document_to_pdf",
    "operations",
    "points_of_measure",
    "read_prices",
    "tech_pack",
    "trim_counts",
]
