"use strict";
// Draws the figures of the page from the data blocks in it. Nothing is fetched.
(() => {
  const SEQUENCE = {
    light: [[0, "#f3f1ea"], [0.15, "#d5dfe0"], [0.35, "#8fb9c9"], [0.6, "#3f83ad"], [0.8, "#1f4f86"], [1, "#152a55"]],
    dark: [[0, "#1d222b"], [0.15, "#22384f"], [0.35, "#245c84"], [0.6, "#3f93b8"], [0.8, "#8fc9cf"], [1, "#f2f3d9"]],
  };
  const POINTS = {
    light: [[0, "#e3a13c"], [0.35, "#cf5b56"], [0.7, "#7b3b8c"], [1, "#2a2a6e"]],
    dark: [[0, "#5a6fd0"], [0.35, "#b561b5"], [0.7, "#ee8a6b"], [1, "#f9e38a"]],
  };
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  const mode = () => (darkness.matches ? "dark" : "light");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const read = (id) => JSON.parse(document.getElementById(id + "-data").textContent);

  // "@actual" becomes the colour of that name, "@sequence" a scale.
  function resolve(value, points) {
    if (typeof value === "string") {
      if (value === "@sequence") return (points ? POINTS : SEQUENCE)[mode()];
      return value[0] === "@" ? colour(value.slice(1)) : value;
    }
    if (Array.isArray(value)) return value.map((one) => resolve(one, points));
    if (value && typeof value === "object") {
      if (value.bdata !== undefined) return value;
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolve(one, points)]));
    }
    return value;
  }

  function axisStyle(axis) {
    return { gridcolor: colour("rule"), linecolor: colour("faint"), zeroline: false, ticks: "outside", tickcolor: colour("faint"), ticklen: 4, automargin: true, ...axis,
      title: { standoff: 8, ...(axis.title || {}) } };
  }

  function layoutFor(given, box, height) {
    const narrow = box.clientWidth < 560;
    const layout = { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 11.5 : 13, color: colour("ink") },
      margin: { l: narrow ? 48 : 62, r: narrow ? 8 : 16, t: 30, b: 48 }, height, width: box.clientWidth, hovermode: "closest", dragmode: narrow ? false : "zoom", modebar: { bgcolor: "rgba(0,0,0,0)", color: colour("faint"), activecolor: colour("accent") }, legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" }, ...given };
    for (const key of Object.keys(layout)) if (/^[xy]axis/.test(key)) layout[key] = axisStyle(layout[key]);
    if (layout.scene) {
      layout.margin = { l: 0, r: narrow ? 44 : 0, t: 0, b: 0 }; // room for the colours
      const ratio = layout.scene.aspectratio;
      const lies = ratio.z > 1.6 * Math.max(ratio.x, ratio.y) && !narrow; // a long specimen lies down where there is room
      const far = 1.2, unit = height * 0.47; // pixels of a length of 1; without perspective the aspect ratio scales the picture
      const across = lies ? 0.95 * ratio.z + 0.45 * ratio.y : 0.72 * (ratio.x + ratio.y), upward = lies ? ratio.x + 0.3 * ratio.y : 0.92 * ratio.z + 0.33 * (ratio.x + ratio.y);
      const zoom = Math.min((0.84 * box.clientWidth - (narrow ? 92 : 40)) / across, 0.86 * height / upward) / unit;
      const camera = lies ? { up: { x: 1, y: 0, z: 0 }, eye: { x: 0.6 * far, y: -1.3 * far, z: 0.3 * far } } : { up: { x: 0, y: 0, z: 1 }, eye: { x: 0.9 * far, y: -0.95 * far, z: 0.42 * far } };
      const scaled = Object.fromEntries(Object.entries(ratio).map(([name, value]) => [name, value * zoom]));
      layout.scene = { ...layout.scene, aspectratio: scaled, camera: { ...camera, projection: { type: "orthographic" } }, dragmode: "turntable" };
      for (const name of ["x", "y", "z"]) {
        layout.scene[name + "axis"] = { backgroundcolor: "rgba(0,0,0,0)", gridcolor: colour("rule"), linecolor: colour("faint"), zeroline: false, showspikes: false, color: colour("soft"),
          nticks: 6, tickfont: { size: 10.5 }, ...layout.scene[name + "axis"] };
      }
      if (lies) layout.scene.dragmode = "orbit";
    }
    return layout;
  }

  // Only buttons that stay on this machine: the library also has one that sends a figure away.
  const options = (scene) => ({ displaylogo: false, responsive: false, displayModeBar: "hover", modeBarButtons: [["toImage", scene ? "resetCameraDefault3d" : "resetScale2d"]],
    toImageButtonOptions: { scale: 3 }, scrollZoom: false, showSendToCloud: false, showEditInChartStudio: false });

  function bars(trace) {
    const bar = { thickness: 12, outlinewidth: 0, ticks: "outside", tickcolor: colour("faint"), tickfont: { size: 11 } };
    if (trace.marker && trace.marker.colorbar) trace.marker.colorbar = { ...bar, len: 0.6, x: 1, xref: "container", xanchor: "right", xpad: 4, ...trace.marker.colorbar };
    if (trace.colorbar) trace.colorbar = { ...bar, ...trace.colorbar };
    return trace;
  }

  // A scene needs no more height than width.
  function heightOf(box, scene) {
    box.dataset.height = box.dataset.height || parseInt(box.style.height, 10);
    const height = scene && box.clientWidth < 560 ? Math.min(+box.dataset.height, box.clientWidth + 20) : +box.dataset.height;
    box.style.height = height + "px";
    return height;
  }

  function drawPlot(box) {
    const spec = read(box.id);
    const scene = !!spec.layout.scene;
    const data = resolve(spec.data, scene).map(bars);
    return Plotly.react(box, data, layoutFor(resolve(spec.layout), box, heightOf(box, scene)), options(scene));
  }

  // A ball of 42 corners and 80 faces: an icosahedron, each face cut into four.
  function ball() {
    const t = (1 + Math.sqrt(5)) / 2, corners = [];
    for (const [a, b] of [[1, t], [-1, t], [1, -t], [-1, -t]]) corners.push([0, a, b], [a, b, 0], [b, 0, a]);
    const unit = (v) => v.map((one) => one / Math.hypot(...v));
    const points = corners.map(unit), edge = 1.1;
    const near = (i, j) => Math.hypot(...points[i].map((one, k) => one - points[j][k])) < edge;
    const faces = [], middles = new Map();
    for (let i = 0; i < 12; i++) for (let j = i + 1; j < 12; j++) for (let k = j + 1; k < 12; k++) if (near(i, j) && near(j, k) && near(i, k)) faces.push([i, j, k]);
    const middle = (i, j) => {
      const key = i < j ? i * 64 + j : j * 64 + i;
      if (!middles.has(key)) middles.set(key, points.push(unit(points[i].map((one, k) => one + points[j][k]))) - 1);
      return middles.get(key);
    };
    const cut = faces.flatMap(([i, j, k]) => { const a = middle(i, j), b = middle(j, k), c = middle(i, k); return [[i, a, c], [j, a, b], [k, b, c], [a, b, c]]; });
    const outward = ([i, j, k]) => {
      const [a, b, c] = [points[i], points[j], points[k]], u = b.map((one, n) => one - a[n]), v = c.map((one, n) => one - a[n]);
      const normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
      return normal[0] * a[0] + normal[1] * a[1] + normal[2] * a[2] > 0 ? [i, j, k] : [i, k, j];
    };
    return { points, faces: cut.map(outward) };
  }

  function drawSpheres(box) {
    const spec = read(box.id), shape = ball(), mesh = { x: [], y: [], z: [], i: [], j: [], k: [], intensity: [], text: [] };
    spec.centre.forEach((centre, n) => {
      const first = mesh.x.length;
      for (const point of shape.points) {
        ["x", "y", "z"].forEach((name, axis) => mesh[name].push(centre[axis] + spec.radius[n] * point[axis]));
        mesh.intensity.push(spec.value[n]);
        mesh.text.push(`${spec.legend.replace("<br>", " ")}: ${spec.value[n]}<br>radius ${spec.radius[n].toPrecision(3)} nm`);
      }
      for (const [i, j, k] of shape.faces) { mesh.i.push(first + i); mesh.j.push(first + j); mesh.k.push(first + k); }
    });
    const trace = bars(resolve({ type: "mesh3d", ...mesh, hoverinfo: "text", colorscale: "@sequence", flatshading: false, lighting: { ambient: 0.65, diffuse: 0.7, specular: 0.08 },
      colorbar: { title: { text: spec.legend }, len: 0.6, x: 1, xref: "container", xanchor: "right" } }, true));
    return Plotly.react(box, [trace], layoutFor(spec.layout, box, heightOf(box, true)), options(true));
  }

  // One plane of a 3D map: the last two names of the plane are its vertical and horizontal axis.
  const PLANES = { xz: { across: 1, vertical: 2, horizontal: 0 }, yz: { across: 2, vertical: 1, horizontal: 0 }, xy: { across: 0, vertical: 1, horizontal: 2 } };

  function cut(map, shape, plane, at, quantity, steps) {
    const strides = [shape[1] * shape[2], shape[2], 1], rows = [];
    for (let v = 0; v < shape[plane.vertical]; v++) {
      const row = [];
      for (let h = 0; h < shape[plane.horizontal]; h++) {
        const value = map[at * strides[plane.across] + v * strides[plane.vertical] + h * strides[plane.horizontal]];
        row.push(value === 255 ? null : quantity.low + value * (quantity.high - quantity.low) / steps);
      }
      rows.push(row);
    }
    return rows;
  }

  function volumeState(box) {
    if (box.state) return box.state;
    const spec = read(box.id), shape = spec.axes.map((axis) => axis.values.length);
    const maps = spec.quantities.map((quantity) => ({ actual: bytes(quantity.actual), control: quantity.control ? bytes(quantity.control) : null }));
    const state = box.state = { spec, shape, maps, quantity: 0, plane: "xz", at: spec.quantities[0].best.y };
    const controls = document.getElementById(box.id + "-controls");
    const element = (name, properties) => Object.assign(document.createElement(name), properties);
    const choose = (title, names, change) => {
      const label = element("label", { textContent: title + " " }), select = element("select", {});
      names.forEach(([value, text]) => { const option = element("option", { value }); option.innerHTML = text; select.append(option); });
      select.addEventListener("change", () => change(select.value));
      label.append(select);
      controls.append(label);
    };
    if (spec.quantities.length > 1) choose("Map", spec.quantities.map((quantity, i) => [i, quantity.name]), (value) => { state.quantity = +value; drawVolume(box); });
    choose("Plane", Object.keys(PLANES).map((name) => [name, name]), (value) => { state.plane = value; state.at = -1; drawVolume(box); });
    const label = element("label", { className: "slide" });
    state.slider = element("input", { type: "range", min: 0, step: 1 });
    state.slider.setAttribute("aria-label", "place of the plane");
    state.output = element("output", {});
    label.append(state.slider, state.output);
    controls.append(label);
    state.slider.addEventListener("input", () => { state.at = +state.slider.value; drawVolume(box); });
    state.boxes = (spec.quantities.some((quantity) => quantity.control) ? ["specimen", "random control"] : [""]).map((name) => {
      const holder = element("div", { className: "plane" }), plot = element("div", {});
      if (name) holder.append(element("h5", { textContent: name }));
      holder.append(plot);
      box.append(holder);
      return plot;
    });
    return state;
  }

  function drawVolume(box) {
    const state = volumeState(box), { spec, shape } = state, plane = PLANES[state.plane], quantity = spec.quantities[state.quantity];
    const across = spec.axes[plane.across], vertical = spec.axes[plane.vertical], horizontal = spec.axes[plane.horizontal];
    if (state.at < 0) state.at = quantity.best["zyx"[plane.across]];
    state.slider.max = shape[plane.across] - 1;
    state.slider.value = state.at;
    state.output.innerHTML = `${across.name} = ${across.values[state.at].toFixed(2)} ${across.unit}`;
    const span = (axis) => Math.max(Math.abs(axis.values[axis.values.length - 1] - axis.values[0]), 0.1);
    const ratio = span(vertical) / span(horizontal);
    box.classList.toggle("wide", ratio < 0.4);
    const maps = state.maps[state.quantity];
    return Promise.all(state.boxes.map((plot, i) => {
      const values = i ? maps.control : maps.actual;
      plot.parentElement.hidden = !values;
      if (!values) return null;
      const width = plot.clientWidth, height = Math.round(Math.min(Math.max((width - 150) * ratio + 80, 160), 580));
      const z = cut(values, shape, plane, state.at, quantity, spec.steps), x = horizontal.values, y = vertical.values;
      const data = [bars({ type: "heatmap", x, y, z, zmin: quantity.low, zmax: quantity.high, colorscale: resolve("@sequence"), colorbar: { title: { text: quantity.unit } },
        hovertemplate: `${horizontal.name} %{x:.2f}, ${vertical.name} %{y:.2f}: %{z:.3g}<extra></extra>` })];
      if (quantity.threshold !== null && quantity.threshold > quantity.low && quantity.threshold < quantity.high && x.length > 1 && y.length > 1) {
        data.push({ type: "contour", x, y, z, showscale: false, hoverinfo: "skip", contours: { start: quantity.threshold, end: quantity.threshold, size: 1, coloring: "none" },
          line: { color: colour("mark"), width: 2.2 } });
      }
      const layout = layoutFor({ xaxis: { title: { text: horizontal.title }, constrain: "domain", showgrid: false }, yaxis: { title: { text: vertical.title }, scaleanchor: "x", constrain: "domain", showgrid: false },
        showlegend: false }, plot, height);
      return Plotly.react(plot, data, layout, options(false));
    }));
  }

  const drawers = { plot: drawPlot, spheres: drawSpheres, volume: drawVolume };
  const boxes = [...document.querySelectorAll(".plot[data-kind]")];
  const draw = (box) => {
    try {
      return Promise.resolve(drawers[box.dataset.kind](box)).catch((error) => fail(box, error));
    } catch (error) {
      fail(box, error);
      return Promise.resolve();
    }
  };
  function fail(box, error) {
    box.textContent = "This figure could not be drawn: " + error.message;
    document.documentElement.dataset.errors = (document.documentElement.dataset.errors || "") + box.id + ": " + error.message + "; ";
  }

  async function drawAll() {
    for (const box of boxes) {
      await draw(box);
      await new Promise((next) => setTimeout(next));
    }
    document.documentElement.dataset.drawn = boxes.length;
  }

  async function unpack() {
    const packed = bytes(document.getElementById("library").textContent);
    const text = await new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    const script = document.createElement("script");
    script.textContent = text;
    document.head.append(script);
    script.remove();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (!button) return;
    const done = () => { button.textContent = "copied"; setTimeout(() => { button.textContent = "copy"; }, 1200); };
    if (navigator.clipboard) navigator.clipboard.writeText(button.dataset.copy).then(done, () => {});
  });
  // What a link leads to must be open.
  window.addEventListener("hashchange", () => { const inside = document.querySelector(":target"); const closed = inside && inside.closest("details"); if (closed) closed.open = true; });

  let timer = 0, width = window.innerWidth;
  const again = () => { clearTimeout(timer); timer = setTimeout(drawAll, 150); };
  unpack().then(() => {
    document.getElementById("no-figures").remove();
    darkness.addEventListener("change", again);
    window.addEventListener("resize", () => { if (window.innerWidth !== width) { width = window.innerWidth; again(); } });
    document.addEventListener("toggle", (event) => { if (event.target.open) event.target.querySelectorAll(".plot[data-kind]").forEach(draw); }, true);
    return drawAll();
  }).catch((error) => { document.documentElement.dataset.errors = String(error); });
})();
