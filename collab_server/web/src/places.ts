// SPDX-License-Identifier: GPL-3.0-or-later
// The garment elsewhere: in the room by AR, in a headset, or as a file.
import type { App } from "./app";
import { button, dialog, el, toast } from "./dom";
import { nameOf } from "./versions";
import { t } from "./words";

/** Every way that this device has to see the shown garment at its real size. */
export async function openPlaces(app: App): Promise<void> {
  const { shown, garment, studio } = app;
  if (!shown || !garment || !studio) return;
  const modes: [XRSessionMode, "ar_enter" | "vr_enter"][] = [["immersive-ar", "ar_enter"], ["immersive-vr", "vr_enter"]];
  const supported = await Promise.all(modes.map(async ([mode]) => (await navigator.xr?.isSessionSupported(mode)) ?? false));
  const quickLook = el("a").relList.supports("ar");
  const say = (error: unknown) => toast((error as Error).message);
  const opened = dialog(t("room_title"),
    el("p", {}, t("room_text")),
    el("div", { class: "stack" },
      quickLook && button(t("ar_look"), () => void usdz(app).then((file) => open(file, "ar", "")).catch(say), "solid"),
      ...modes.map(([mode, word], at) => supported[at] === true && button(t(word), () => {
        opened.close();
        studio.enter(mode).catch(say);
      }, "solid")),
      button(t("save_glb"), () => void glb(app).then((file) => open(file, "", `${nameOf(shown)}.glb`)).catch(say)),
      button(t("save_usdz"), () => void usdz(app).then((file) => open(file, "", `${nameOf(shown)}.usdz`)).catch(say))),
    el("div", { class: "row end" }, button(t("close"), () => opened.close())));
}

/** As it was published, to the byte. */
const glb = async (app: App): Promise<Blob> =>
  new Blob([await app.room.asset(app.glbShown, () => {})], { type: "model/gltf-binary" });

/** As it is shown, with the colours chosen. */
async function usdz(app: App): Promise<Blob> {
  const { USDZExporter } = await import("three/examples/jsm/exporters/USDZExporter.js");
  const packed = await new USDZExporter().parseAsync(app.garment!.root, { quickLookCompatible: true });
  return new Blob([packed as Uint8Array<ArrayBuffer>], { type: "model/vnd.usdz+zip" });
}

function open(file: Blob, rel: string, download: string): void {
  const href = URL.createObjectURL(file);
  const link = el("a", { href, rel, ...(download && { download }) }, el("img", { alt: "" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}
