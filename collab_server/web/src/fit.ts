// SPDX-License-Identifier: GPL-3.0-or-later
// Fit maps: the strain and pressure that a garment brings, as colours. The ramps are Blender's (addon/ramp.py): paths
// through OKLCh (Ottosson, "A perceptual color space", 2020), violet to yellow, or blue over white to orange.
import { BufferAttribute, type BufferGeometry, type Mesh } from "three";

export type FitMap = "stretch" | "pressure";
export interface Scale { low: number; high: number; unit: string }

const MAPS = {
  stretch: { attribute: "_strain", scale: 100, unit: "%", signed: true },
  pressure: { attribute: "_pressure", scale: 1e-3, unit: "kPa", signed: false },
};

/** Which maps a garment brings. */
export const mapsOf = (meshes: Mesh[]): FitMap[] =>
  (Object.keys(MAPS) as FitMap[]).filter((map) => meshes.every((m) => m.geometry.hasAttribute(MAPS[map].attribute)));

/** Colour the vertices by a map; returns what its ends mean. The highest hundredth is cut off: it is single corners. */
export function paint(meshes: Mesh[], map: FitMap): Scale {
  const { attribute, scale, unit, signed } = MAPS[map];
  const values = meshes.map(({ geometry }) => valuesOf(geometry, attribute));
  const sizes = values.flatMap((each) => Array.from(each, Math.abs)).sort((a, b) => a - b);
  const high = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1e-6;
  const low = signed ? -high : 0;
  meshes.forEach(({ geometry }, at) => {
    const rgb = new Float32Array(3 * values[at]!.length);
    values[at]!.forEach((value, vertex) => rgb.set(ramp((value - low) / (high - low), signed), 3 * vertex));
    geometry.setAttribute("color", new BufferAttribute(rgb, 3));
  });
  return { low: low * scale, high: high * scale, unit };
}

/** sRGB of shares evenly along a map's ramp, for its legend. */
export function legend(map: FitMap, steps = 12): string {
  const stops = Array.from({ length: steps + 1 }, (_, k) => {
    const codes = ramp(k / steps, MAPS[map].signed)
      .map((c) => (c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));
    return `rgb(${codes.map((c) => Math.round(255 * c)).join(" ")})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

/** One number a vertex: of two directions, the one that gives more. */
function valuesOf(geometry: BufferGeometry, name: string): Float32Array {
  const held = geometry.getAttribute(name);
  return Float32Array.from({ length: held.count }, (_, i) => {
    const ways = Array.from({ length: held.itemSize }, (_, way) => held.getComponent(i, way));
    return ways.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
  });
}

/** Linear RGB of a share of the way up. */
export function ramp(share: number, signed: boolean): [number, number, number] {
  const x = Math.min(Math.max(share, 0), 1);
  const away = Math.abs(2 * x - 1);
  const lightness = signed ? 0.95 - 0.45 * away : 0.3 + 0.63 * x;
  const chroma = signed ? 0.13 * away : 0.098 + 0.05 * (2 * x - 1) ** 2;
  const hue = (signed ? (x < 0.5 ? 255 : 50) : 300 - 195 * x) * (Math.PI / 180);
  const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
  const long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const short = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const rgb = [
    4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
    -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
    -0.0041960863 * long - 0.7034186147 * middle + 1.707614701 * short,
  ];
  return rgb.map((c) => Math.min(Math.max(c, 0), 1)) as [number, number, number];
}
