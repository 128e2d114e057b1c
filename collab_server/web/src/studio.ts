// SPDX-License-Identifier: GPL-3.0-or-later
// The studio: neutral light, a floor, one camera, and one garment or two of them side by side or by wipe. It draws only
// when something moved.
import {
  AmbientLight, Box3, DirectionalLight, HemisphereLight, Mesh, LinearToneMapping, PCFShadowMap, PerspectiveCamera,
  PlaneGeometry, PMREMGenerator, Raycaster, Scene, ShadowMaterial, type Texture, Vector2, Vector3, WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { RoomEnvironment } from "three/examples/jsm/environments/RoomEnvironment.js";
import type { FitMap, Scale } from "./fit";
import type { Garment } from "./garment";
import type { Anchor } from "./review";
import type { Camera } from "./room";

export type Comparison = "none" | "wipe" | "side";

export interface Look { variant: string | null; colours: Map<string, string>; map: FitMap | null }

class Stage {
  readonly scene = new Scene();
  garment: Garment | null = null;

  constructor(light: Texture | null) {
    if (light) {
      this.scene.environment = light;
      this.scene.environmentIntensity = 0.42;
    } else {
      this.scene.add(new HemisphereLight(0xffffff, 0xc8c8c8, 2.8));
    }
    const key = new DirectionalLight(0xfffaf2, 1.15);
    key.position.set(1.5, 3.6, 2);
    key.castShadow = true;
    key.shadow.mapSize.setScalar(1024);
    key.shadow.radius = 6;
    key.shadow.normalBias = 0.008;
    Object.assign(key.shadow.camera, { left: -1.2, right: 1.2, top: 2.2, bottom: -1.2, near: 0.5, far: 8 });
    const floor = new Mesh(new PlaneGeometry(12, 12), new ShadowMaterial({ opacity: 0.1, color: 0x2a2420 }));
    floor.rotation.x = -Math.PI / 2;
    floor.receiveShadow = true;
    this.scene.add(key, new AmbientLight(0xffffff, 0.1), floor);
  }

  set(garment: Garment | null): void {
    if (this.garment) this.scene.remove(this.garment.root);
    this.garment = garment;
    if (garment) this.scene.add(garment.root);
  }
}

/** Whether there is no graphics card behind a context: there a room's light takes ten seconds to prepare. */
function drawnBySoftware(context: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const told = context.getExtension("WEBGL_debug_renderer_info");
  const name = told ? String(context.getParameter(told.UNMASKED_RENDERER_WEBGL)) : "";
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(name);
}

/** Throws where the browser has no WebGL 2. Tells `move` (the camera, by hand), and `draw` after every picture. */
export class Studio extends EventTarget {
  comparison: Comparison = "none";
  wipe = 0.5; // of the width, from the left
  readonly renderer: WebGLRenderer;
  private readonly camera = new PerspectiveCamera(28, 1, 0.05, 40);
  private readonly controls: OrbitControls;
  private readonly stages: [Stage, Stage];
  private asked = 0;
  private met = false; // a garment has been seen whole

  constructor(readonly canvas: HTMLCanvasElement) {
    super();
    this.renderer = new WebGLRenderer({ canvas, alpha: true, antialias: true });
    this.renderer.toneMapping = LinearToneMapping; // a filmic curve would shift the colours that people choose by
    this.renderer.shadowMap.enabled = true;
    this.renderer.shadowMap.type = PCFShadowMap;
    this.renderer.autoClear = false;
    const light = drawnBySoftware(this.renderer.getContext())
      ? null
      : new PMREMGenerator(this.renderer).fromScene(new RoomEnvironment(), 0.04).texture;
    this.stages = [new Stage(light), new Stage(light)];
    this.controls = new OrbitControls(this.camera, canvas);
    Object.assign(this.controls, { enableDamping: true, minDistance: 0.25, maxDistance: 8, maxPolarAngle: 1.65 });
    this.controls.autoRotateSpeed = 1.6;
    this.controls.addEventListener("change", () => this.draw());
    this.controls.addEventListener("start", () => this.dispatchEvent(new Event("move")));
    new ResizeObserver(() => this.resize()).observe(canvas);
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("webglcontextrestored", () => this.draw());
    this.look({ at: [0, -3.6, 1.15], to: [0, 0, 1] });
  }

  get garment(): Garment | null {
    return this.stages[0].garment;
  }

  /** Put garments on: the one shown, and the one it is compared with. */
  show(garment: Garment | null, other: Garment | null): void {
    this.stages[0].set(garment);
    this.stages[1].set(other);
    if (garment && !this.met) {
      this.met = true;
      this.whole();
    }
    this.draw();
  }

  /** How both are to look; returns the scale of the fit map. */
  dress(look: Look): Scale | null {
    const [scale] = this.stages.map(({ garment }) => {
      const map = look.map !== null && garment?.maps.includes(look.map) ? look.map : null;
      return garment?.dress(look.variant, look.colours, map) ?? null;
    });
    this.draw();
    return scale ?? null;
  }

  get turning(): boolean {
    return this.controls.autoRotate;
  }

  set turning(on: boolean) {
    this.controls.autoRotate = on;
    this.draw();
  }

  /** See all of the garment, from the front. */
  whole(): void {
    const box = new Box3();
    this.garment?.meshes.forEach((mesh) => box.expandByObject(mesh));
    if (box.isEmpty() && this.garment) box.setFromObject(this.garment.root);
    if (box.isEmpty()) return;
    const [middle, size] = [box.getCenter(new Vector3()), box.getSize(new Vector3())];
    middle.y -= 0.05 * size.y; // the tools lie over the lower edge
    const aspect = this.camera.aspect * (this.comparison === "side" ? 0.5 : 1);
    const tall = Math.max(size.y, size.x / Math.max(aspect, 0.1));
    const far = (0.8 * tall) / Math.tan((this.camera.fov * Math.PI) / 360) + size.z / 2;
    this.controls.target.copy(middle);
    this.camera.position.set(middle.x + 0.32 * far, middle.y + 0.1 * far, middle.z + 0.94 * far);
    this.controls.update();
  }

  /** Come to an anchor and look at it squarely; false where its piece is not shown. */
  goTo(anchor: Anchor): boolean {
    const place = this.garment?.find(anchor);
    if (!place) return false;
    const far = Math.min(this.camera.position.distanceTo(this.controls.target), 1.4);
    const from = place.normal.setY(place.normal.y * 0.3).normalize();
    this.controls.target.copy(place.point);
    this.camera.position.copy(place.point).addScaledVector(from, far);
    this.controls.update();
    return true;
  }

  /** Where one looks from, in Blender's axes: metres, Z up. */
  get view(): Camera {
    const up = ({ x, y, z }: Vector3): [number, number, number] => [x, -z, y];
    return { at: up(this.camera.position), to: up(this.controls.target) };
  }

  look({ at, to }: Camera): void {
    this.camera.position.set(at[0], at[2], -at[1]);
    this.controls.target.set(to[0], to[2], -to[1]);
    this.controls.update();
    this.draw();
  }

  /** The anchor under a point of the window, if cloth is what is seen there. */
  pick(x: number, y: number): Anchor | null {
    if (!this.garment) return null;
    const seen = this.canvas.getBoundingClientRect();
    const at = new Vector2((2 * (x - seen.left)) / seen.width - 1, 1 - (2 * (y - seen.top)) / seen.height);
    const ray = new Raycaster();
    ray.setFromCamera(at, this.camera);
    const [hit] = ray.intersectObject(this.garment.root, true);
    return hit ? this.garment.anchor(hit) : null;
  }

  /** Where an anchor is seen, in pixels of the canvas, and whether it faces us; null where its piece is not shown. */
  project(anchor: Anchor): { x: number; y: number; faces: boolean } | null {
    const place = this.garment?.find(anchor);
    if (!place) return null;
    const faces = place.normal.dot(this.camera.position.clone().sub(place.point)) > 0;
    const { x, y } = place.point.project(this.camera);
    return { x: (0.5 + x / 2) * this.canvas.clientWidth, y: (0.5 - y / 2) * this.canvas.clientHeight, faces };
  }

  /** Draw soon, once. */
  draw(): void {
    if (!this.asked && !this.renderer.xr.isPresenting) this.asked = requestAnimationFrame(() => this.frame());
  }

  /** Put the garment before whoever wears a headset or holds up a phone, until they stop. */
  async enter(mode: XRSessionMode): Promise<void> {
    const { xr } = this.renderer;
    const session = await navigator.xr!.requestSession(mode, { optionalFeatures: ["local-floor"] });
    const { scene } = this.stages[0];
    const back = this.view;
    scene.position.z = -1.8;
    xr.enabled = true;
    await xr.setSession(session);
    this.renderer.setAnimationLoop(() => {
      this.renderer.clear();
      this.renderer.render(scene, this.camera);
    });
    session.addEventListener("end", () => {
      this.renderer.setAnimationLoop(null);
      xr.enabled = false;
      scene.position.z = 0;
      this.resize();
      this.look(back);
    });
  }

  private frame(): void {
    this.asked = 0;
    this.controls.update(); // asks for the next picture while it moves
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const [one, other] = this.stages;
    const render = (stage: Stage, left: number, from: number, to: number) => {
      this.renderer.setViewport(left, 0, width, height);
      this.renderer.setScissor(from, 0, Math.max(to - from, 0), height);
      this.renderer.render(stage.scene, this.camera);
    };
    this.renderer.setScissorTest(false);
    this.renderer.clear();
    this.renderer.setScissorTest(true);
    if (this.comparison === "wipe") {
      render(one, 0, 0, this.wipe * width);
      render(other, 0, this.wipe * width, width);
    } else if (this.comparison === "side") {
      render(one, -width / 4, 0, width / 2);
      render(other, width / 4, width / 2, width);
    } else {
      render(one, 0, 0, width);
    }
    this.dispatchEvent(new Event("draw"));
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2));
    this.renderer.setSize(width, height, false);
    this.camera.aspect = width / height;
    this.camera.updateProjectionMatrix();
    this.draw();
  }

  private key(event: KeyboardEvent): void {
    const turns: Record<string, [number, number, number]> = {
      ArrowLeft: [-0.15, 0, 1], ArrowRight: [0.15, 0, 1], ArrowUp: [0, -0.1, 1], ArrowDown: [0, 0.1, 1],
      "+": [0, 0, 0.88], "=": [0, 0, 0.88], "-": [0, 0, 1.14],
    };
    const turn = turns[event.key];
    if (event.key === "Home") this.whole();
    else if (!turn) return;
    else {
      const from = this.camera.position.clone().sub(this.controls.target);
      from.applyAxisAngle(new Vector3(0, 1, 0), turn[0]).multiplyScalar(turn[2]);
      from.y += turn[1] * -from.length();
      this.camera.position.copy(this.controls.target).add(from);
      this.controls.update();
    }
    event.preventDefault();
    this.dispatchEvent(new Event("move"));
  }
}
