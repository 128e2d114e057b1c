// SPDX-License-Identifier: GPL-3.0-or-later
// A browser that does what a test says: a line of JSON in, {id, run, with}, and a line out, {id, value} or {id, error}.
// `run` is the body of an async function of (pages, open, values); pages are by name, open(name, address, options) opens one;
// options.before is a script that the page runs before its own.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

const [web, executablePath] = process.argv.slice(2);
const require = createRequire(`${web}/package.json`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist",
    "--disable-dev-shm-usage"],
});
const pages = {};

async function open(name, address, { before, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 900, height: 520 }, locale: "en-GB", ...options });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  if (before) await page.addInitScript(before);
  page.complaints = [];
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("dialog", (dialog) => {
    page.complaints.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(address);
  return (pages[name] = page);
}

/** What axe finds against WCAG 2.2 A and AA, in short. */
async function audit(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`));
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, run, values } = JSON.parse(line);
  let answer;
  try {
    const work = new Function("pages", "open", "audit", "values", `return (async () => { ${run} })()`);
    answer = { id, value: (await work(pages, open, audit, values)) ?? null };
  } catch (error) {
    answer = { id, error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
