# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of photographs on simulated cloths that it never saw: python benchmarks/photo_reader.py [--weights FILE].

Normals, in degrees: a flat cloth (the floor to beat), luminance taken for height at its best gain, the height that
follows shade where there is no reader, the reader; and the same cloth under four lights: ΔE00 between the albedos read,
and between the pictures themselves. All of it once as a camera sees it, whose noise alone is a ΔE00 of 2.6 between two
pictures, and once without noise.
"""

import argparse
import itertools
from pathlib import Path

import numpy as np
import torch
from toile.models.maps import FabricMaps, decode_srgb, normals
from toile.models.pbr.lighting import photographed, random_light
from toile.models.pbr.network import Reader
from toile.models.pbr.reading import SHIPPED, read, read_reader
from toile.models.pbr.training import cloth
from toile.models.swatches.making import by_shade
from toile.models.swatches.scores import delta_e_2000, lab

NOISES = {"camera": 0.01, "no noise": 0.0}  # sRGB
PIXELS, GAINS = 128, (-20, -10, -5, -2, 2, 5, 10, 20)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=SHIPPED)
    parser.add_argument("--cloths", type=int, default=36)
    a = parser.parse_args()
    torch.set_num_threads(1)
    reader = read_reader(a.weights)
    names = ("flat, °", "luminance as height, °", "by shade, °", "read, °", "albedo ΔE00", "picture ΔE00", "roughness")
    for said, noise in NOISES.items():
        table = np.array([scored(reader, np.random.default_rng((99, k)), noise) for k in range(a.cloths)])
        print(f"{a.cloths} cloths, {said}")
        for name, column in zip(names, table.T, strict=True):
            print(f"{name:>24}: mean {column.mean():.2f}, worst {column.max():.2f}")


def scored(reader: Reader, rng: np.random.Generator, noise: float) -> list[float]:
    """One cloth under four lights: what the table tells."""
    made = cloth(rng, PIXELS)
    photos = [photographed(made, random_light(rng), noise, rng) for _ in range(4)]
    found = [read(reader, photo.picture) for photo in photos]
    grey = decode_srgb(photos[0].picture).mean(-1)
    shapes = [normals((gain * grey)[::-1], (1, 1))[::-1] for gain in GAINS]
    moved = [[lab(one.albedo) for one in found], [lab(photo.picture) for photo in photos]]
    return [
        off(np.broadcast_to(np.float32([0, 0, 1]), made.normal.shape), made.normal),
        min(off(shape, made.normal) for shape in shapes),
        float(np.mean([off(shaded(photo.picture, made), made.normal) for photo in photos])),
        float(np.mean([off(one.normal, made.normal) for one in found])),
        *(float(np.mean([delta_e_2000(x, y).mean() for x, y in itertools.combinations(labs, 2)])) for labs in moved),
        float(np.mean([np.abs(one.roughness - made.roughness).mean() for one in found])),
    ]


def shaded(picture: np.ndarray, made: FabricMaps) -> np.ndarray:
    """Normals as a swatch has them without the reader."""
    _, relief, _ = by_shade(picture, PIXELS / float(np.sqrt(np.prod(made.threads))))
    return normals(relief[::-1], (1, 1))[::-1]


def off(found: np.ndarray, true: np.ndarray) -> float:
    """Mean angle between unit normals, degrees."""
    return float(np.degrees(np.arccos(np.clip((found * true).sum(-1), -1, 1))).mean())


if __name__ == "__main__":
    main()
