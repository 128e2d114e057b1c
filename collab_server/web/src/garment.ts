// SPDX-License-Identifier: GPL-3.0-or-later
// A garment out of its GLB: variants, colours, and the way between a point on the cloth and a point of the flat pattern.
import {
  type BufferGeometry, Color, DoubleSide, Group, type Intersection, type Material, Mesh, MeshStandardMaterial, SRGBColorSpace,
  type Texture, Triangle, Vector2, Vector3,
} from "three";
import { GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { type FitMap, mapsOf, paint, type Scale } from "./fit";
import type { Anchor } from "./review";

interface Part { mesh: Mesh; names: string[]; own: Material; variants: Map<string, Material> }
interface Corners { mesh: Mesh; corners: [number, number, number]; uv: [Vector2, Vector2, Vector2] }
interface Found { far: number; triangle: Corners; share: Vector3 }
interface Piece { middle: number; triangles: Corners[] }

export interface Place { point: Vector3; normal: Vector3 }

const loader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder);

/**
 * What a version shows. Its panels are what has the vertex attribute `_PANEL`, named by the mesh's
 * `extras.toile_panels`, or all of a file of one mesh; what else there is stands beside it (the body).
 *
 * A point of the cloth is named by its piece and `uv`, metres in the flat pattern: u from the middle of the piece's
 * width, v as the piece is drafted. So it is found again on another drape, in another size, on another body.
 */
export class Garment {
  readonly pieces = new Map<string, Piece>();
  readonly maps: FitMap[];
  readonly variants: string[];
  private readonly found = new Map<string, Found>(); // by anchor: pins ask for it in every picture
  private readonly cloth = new MeshStandardMaterial({ vertexColors: true, roughness: 0.9, side: DoubleSide });

  private constructor(readonly root: Group, private readonly parts: Part[], variants: string[]) {
    this.variants = variants;
    this.maps = parts.length ? mapsOf(this.meshes) : [];
    for (const part of parts) this.cut(part);
    for (const piece of this.pieces.values()) {
      const across = piece.triangles.flatMap(({ uv }) => uv.map(({ x }) => x));
      piece.middle = (across.reduce((a, b) => Math.min(a, b)) + across.reduce((a, b) => Math.max(a, b))) / 2;
    }
  }

  static async of(bytes: Uint8Array<ArrayBuffer>): Promise<Garment> {
    const { scene, parser } = await loader.parseAsync(bytes.buffer, "");
    const told = parser.json.extensions?.KHR_materials_variants?.variants as { name: string }[] | undefined;
    const parts: Part[] = [];
    const meshes: Mesh[] = [];
    scene.traverse((object) => object instanceof Mesh && meshes.push(object));
    for (const mesh of meshes) {
      mesh.castShadow = mesh.receiveShadow = true;
      if (!mesh.geometry.hasAttribute("_panel") && parser.json.meshes.length > 1) continue;
      if (!mesh.geometry.hasAttribute("normal")) mesh.geometry.computeVertexNormals();
      const own = mesh.material as MeshStandardMaterial;
      own.flatShading = false;
      own.side = DoubleSide; // cloth has two
      const variants = new Map<string, Material>();
      const mappings = mesh.userData["gltfExtensions"]?.KHR_materials_variants?.mappings as
        { material: number; variants: number[] }[] | undefined;
      for (const mapping of mappings ?? []) {
        mesh.material = (await parser.getDependency("material", mapping.material)) as Material;
        parser.assignFinalMaterial(mesh);
        for (const at of mapping.variants) variants.set(told?.[at]?.name ?? "", mesh.material as Material);
      }
      mesh.material = own;
      parts.push({ mesh, own, variants, names: mesh.geometry.hasAttribute("_panel") ? namesOf(mesh) : [] });
    }
    return new Garment(scene, parts, told?.map(({ name }) => name) ?? []);
  }

  get meshes(): Mesh[] {
    return this.parts.map(({ mesh }) => mesh);
  }

  /** Take over what stands beside another garment (the body), where nothing stands beside this one. */
  standBeside(other: Garment): void {
    const own = new Set(this.meshes);
    let alone = true;
    this.root.traverse((object) => { alone &&= !(object instanceof Mesh) || own.has(object); });
    if (!alone) return;
    const panels = new Set(other.meshes);
    const beside: Mesh[] = [];
    other.root.updateMatrixWorld(true);
    other.root.traverse((object) => object instanceof Mesh && !panels.has(object) && beside.push(object));
    for (const mesh of beside) {
      const copy = mesh.clone();
      copy.matrix.copy(mesh.matrixWorld).decompose(copy.position, copy.quaternion, copy.scale);
      this.root.add(copy);
    }
  }

  /** Show a variant, each part's colour over it, or a fit map instead; returns the map's scale. */
  dress(variant: string | null, colours: Map<string, string>, map: FitMap | null): Scale | null {
    for (const { mesh, own, variants } of this.parts) {
      const material = (variant !== null && variants.get(variant)) || own;
      mesh.material = map === null ? tinted(material, colours.get(partOf(own)) ?? colours.get("main") ?? null) : this.cloth;
    }
    return map === null ? null : paint(this.meshes, map);
  }

  /** The anchor of a point that a ray met. */
  anchor(hit: Intersection): Anchor | null {
    const part = this.parts.find(({ mesh }) => mesh === hit.object);
    if (!part?.names.length || !hit.face || !hit.uv) return null;
    const name = part.names[panelAt(part.mesh.geometry, hit.face.a)];
    const piece = name !== undefined && this.pieces.get(name);
    return name !== undefined && piece ? { piece: name, uv: [hit.uv.x - piece.middle, 1 - hit.uv.y] } : null;
  }

  /** Where an anchor is on the cloth as it hangs now: the nearest point of its piece. Null without that piece. */
  find({ piece, uv }: Anchor): Place | null {
    const key = [piece, ...uv].join();
    const found = this.found.get(key) ?? this.search(piece, uv);
    if (found) this.found.set(key, found);
    return found && placed(found.triangle, found.share);
  }

  private search(piece: string, uv: Anchor["uv"]): Found | null {
    const on = this.pieces.get(piece);
    if (!on) return null;
    const wanted = new Vector2(uv[0] + on.middle, 1 - uv[1]);
    let best: Found | null = null;
    for (const triangle of on.triangles) {
      const { far, share } = nearest(wanted, triangle.uv);
      if (best === null || far < best.far) best = { far, triangle, share };
      if (far < 1e-9) break;
    }
    return best;
  }

  /** The middle of a piece: where a comment on all of it goes. */
  middleOf(piece: string): Anchor | null {
    const on = this.pieces.get(piece);
    if (!on) return null;
    const along = on.triangles.flatMap(({ uv }) => uv.map(({ y }) => 1 - y));
    return { piece, uv: [0, (along.reduce((a, b) => Math.min(a, b)) + along.reduce((a, b) => Math.max(a, b))) / 2] };
  }

  private cut({ mesh, names }: Part): void {
    const { geometry } = mesh;
    if (!geometry.hasAttribute("_panel") || !geometry.hasAttribute("uv")) return;
    const uv = geometry.getAttribute("uv");
    const index = geometry.index;
    const count = index ? index.count : uv.count;
    const corner = (k: number): number => (index ? index.getX(k) : k);
    for (let k = 0; k + 2 < count; k += 3) {
      const corners: [number, number, number] = [corner(k), corner(k + 1), corner(k + 2)];
      const name = names[panelAt(geometry, corners[0])];
      if (name === undefined) continue;
      const piece = this.pieces.get(name) ?? { middle: 0, triangles: [] };
      this.pieces.set(name, piece);
      const at = corners.map((c) => new Vector2(uv.getX(c), uv.getY(c))) as Corners["uv"];
      piece.triangles.push({ mesh, corners, uv: at });
    }
  }
}

const panelAt = (geometry: BufferGeometry, vertex: number): number =>
  Math.round(geometry.getAttribute("_panel").getX(vertex));

function namesOf(mesh: Mesh): string[] {
  const told: unknown = mesh.userData["toile_panels"] ?? mesh.parent?.userData["toile_panels"];
  try {
    const names: unknown = typeof told === "string" ? JSON.parse(told) : told;
    return Array.isArray(names) ? names.map(String) : [];
  } catch {
    return [];
  }
}

const partOf = (material: Material): string => String(material.userData["toile_part"] ?? "main");

const tints = new WeakMap<Material, Map<string, Material>>();

/** A material in another colour: its weave stays, for the picture is divided by its own mean colour. */
function tinted(material: Material, hex: string | null): Material {
  if (hex === null || !(material instanceof MeshStandardMaterial)) return material;
  const known = tints.get(material) ?? new Map<string, Material>();
  tints.set(material, known);
  let tint = known.get(hex) as MeshStandardMaterial | undefined;
  if (!tint) {
    tint = material.clone();
    tint.color = new Color(hex);
    if (material.map) tint.color.multiply(inverse(meanOf(material.map)));
    known.set(hex, tint);
  }
  return tint;
}

const inverse = ({ r, g, b }: Color): Color => new Color(1 / Math.max(r, 0.02), 1 / Math.max(g, 0.02), 1 / Math.max(b, 0.02));

function meanOf(texture: Texture): Color {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 32;
  const context = canvas.getContext("2d")!;
  context.drawImage(texture.image as CanvasImageSource, 0, 0, 32, 32);
  const mean = new Color(0, 0, 0);
  const { data } = context.getImageData(0, 0, 32, 32);
  for (let k = 0; k < data.length; k += 4) {
    mean.add(new Color().setRGB(data[k]! / 255, data[k + 1]! / 255, data[k + 2]! / 255, SRGBColorSpace));
  }
  return mean.multiplyScalar(4 / data.length);
}

/** How far a point lies from a triangle, and the barycentric shares of the nearest point in it. */
function nearest(point: Vector2, [a, b, c]: Corners["uv"]): { far: number; share: Vector3 } {
  const flat = [a, b, c].map(({ x, y }) => new Vector3(x, y, 0)) as [Vector3, Vector3, Vector3];
  const triangle = new Triangle(...flat);
  const at = triangle.closestPointToPoint(new Vector3(point.x, point.y, 0), new Vector3());
  const share = triangle.getBarycoord(at, new Vector3()) ?? new Vector3(1, 0, 0);
  return { far: at.distanceTo(new Vector3(point.x, point.y, 0)), share };
}

function placed({ mesh, corners }: Corners, share: Vector3): Place {
  mesh.updateWorldMatrix(true, false);
  const at = mesh.geometry.getAttribute("position");
  const [a, b, c] = corners.map((k) => new Vector3().fromBufferAttribute(at, k).applyMatrix4(mesh.matrixWorld));
  const point = new Vector3().addScaledVector(a!, share.x).addScaledVector(b!, share.y).addScaledVector(c!, share.z);
  return { point, normal: new Triangle(a, b, c).getNormal(new Vector3()) };
}
