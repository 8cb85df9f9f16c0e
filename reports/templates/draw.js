"use strict";
(async () => {
  // Without the library the page keeps its words, tables and pictures.
  if (!window.Plotly || !window.DecompressionStream) return;
  const packed = Uint8Array.from(atob(document.getElementById("plots").textContent), (each) => each.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const { plots, config } = await new Response(unpacked).json();
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 640px)");
  const paper = matchMedia("print");
  const paperPx = { whole: 650, half: 310 };
  let printing = paper.matches;

  // A value that differs stands there once for each theme or width.
  const resolved = (value, at) => {
    if (Array.isArray(value)) return value.map((each) => resolved(each, at));
    if (value === null || typeof value !== "object") return value;
    if ("$width" in value) return resolved(value.$width[at.width], at);
    if ("$theme" in value) return value.$theme[at.theme];
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, resolved(each, at)]));
  };

  const draw = (place) => {
    const at = { theme: printing ? 2 : Number(dark.matches), width: Number(!printing && narrow.matches) };
    const { data, layout } = resolved(plots[place.dataset.plot], at);
    layout.autosize = !printing;
    if (printing) layout.width = paperPx[place.dataset.size];
    place.style.height = `${layout.height}px`;
    window.Plotly.react(place, data, layout, config);
  };

  const seen = (place) => !place.closest("details:not([open])");
  const drawAll = () => [...document.querySelectorAll("[data-plot]")].filter(seen).forEach(draw);
  const print = (begun) => {
    if (printing === begun) return;
    printing = begun;
    drawAll();
  };

  document.documentElement.classList.add("drawn");
  for (const folded of document.querySelectorAll("details"))
    folded.addEventListener("toggle", () => folded.open && folded.querySelectorAll("[data-plot]").forEach(draw));
  for (const changed of [dark, narrow]) changed.addEventListener("change", drawAll);
  paper.addEventListener("change", (event) => print(event.matches));
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  // Words are measured when they are drawn, so the font goes first.
  await document.fonts.ready;
  drawAll();
})();
