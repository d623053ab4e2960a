// H5Web as its users have it; show("file.nxs") opens a file that lies in files/.
import "@h5web/app/styles.css";
import { App } from "@h5web/app";
import { H5WasmBufferProvider } from "@h5web/h5wasm";
import { createRoot } from "react-dom/client";

const root = createRoot(document.getElementById("root"));
let shown = 0;
window.show = async (name) => {
  const buffer = await (await fetch("files/" + encodeURIComponent(name))).arrayBuffer();
  shown += 1;
  root.render(<H5WasmBufferProvider key={shown} filename={name} buffer={buffer}><App initialPath="/" /></H5WasmBufferProvider>);
};
