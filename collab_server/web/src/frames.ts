// SPDX-License-Identifier: GPL-3.0-or-later
// Drag frames, as collab_server/frames.py encodes them: where the cloth is while a designer pulls it. A frame stands on
// a base that both sides hold; here the base is the shown garment's own vertices, in the order of its GLB.
import { BufferAttribute } from "three";
import { decompress } from "fzstd";
import { sha256 } from "./room";
import type { Garment } from "./garment";

const HEADER = 36;
const MAGIC = 0x33464454; // "TDF3"

/** Follows the frames of one garment at rest. */
export class Drag {
  private readonly rest: Float32Array; // metres, Z up, as in Blender
  private readonly base: string;

  constructor(private readonly garment: Garment) {
    const vertices = garment.meshes.flatMap(({ geometry }) => {
      const at = geometry.getAttribute("position");
      return Array.from({ length: at.count }, (_, k) => [at.getX(k), 0 - at.getZ(k), at.getY(k)]);
    });
    this.rest = Float32Array.from(vertices.flat());
    this.base = sha256(new Uint8Array(this.rest.buffer)).slice(0, 16);
  }

  /** Move the cloth; false for a frame of another base, or one that is broken. */
  move(frame: Uint8Array): boolean {
    const head = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const count = this.rest.length / 3;
    if (frame.length < HEADER || head.getUint32(0, true) !== MAGIC || head.getUint32(16, true) !== count) return false;
    const base = Array.from(frame.subarray(4, 12), (b) => b.toString(16).padStart(2, "0")).join("");
    if (base !== this.base) return false;
    const [x, y, z, step] = [20, 24, 28, 32].map((at) => head.getFloat32(at, true)) as [number, number, number, number];
    if (![x, y, z, step].every(Number.isFinite) || step <= 0) return false;
    const planes = new Uint8Array(6 * count); // low bytes and high bytes of each axis, laid apart
    try {
      if (decompress(frame.subarray(HEADER), planes).length !== planes.length) return false;
    } catch {
      return false;
    }
    const moved = new Float32Array(3 * count);
    [x, y, z].forEach((low, axis) => {
      let by = 0; // from the base, of the vertex before
      let more = 0; // than the one before that
      for (let vertex = 0; vertex < count; vertex++) {
        const off = planes[2 * axis * count + vertex]! | (planes[(2 * axis + 1) * count + vertex]! << 8);
        more += (off >> 1) ^ -(off & 1);
        by = (by + more) & 65_535;
        const from = Math.min(Math.max(Math.round((this.rest[3 * vertex + axis]! - low) / step), 0), 65_535);
        moved[3 * vertex + axis] = ((from + by) & 65_535) * step + low;
      }
    });
    let at = 0;
    for (const { geometry } of this.garment.meshes) {
      const { count: own } = geometry.getAttribute("position");
      const points = Float32Array.from({ length: 3 * own }, (_, k) => {
        const vertex = 3 * (at + Math.floor(k / 3));
        return [moved[vertex]!, moved[vertex + 2]!, -moved[vertex + 1]!][k % 3]!;
      });
      at += own;
      geometry.setAttribute("position", new BufferAttribute(points, 3));
      geometry.computeVertexNormals();
      geometry.computeBoundingSphere();
    }
    return true;
  }
}
