// The whole Hydrogen web client: its own views and models, put together as its own main program does it.
import { Platform, RootView, RootViewModel, createNavigation, createRouter } from "hydrogen-view-sdk";

const assetPaths = {
  downloadSandbox: "assets/download-sandbox.html",
  worker: "assets/main.js",
  olm: { wasm: "olm/olm.wasm", legacyBundle: "olm/olm_legacy.js", wasmBundle: "olm/olm.js" },
  serviceWorker: "sw.js",
};

const platform = new Platform({
  container: document.body,
  assetPaths,
  config: { defaultHomeServer: new URLSearchParams(location.search).get("homeserver") },
  options: { development: false },
});
await platform.init();
const navigation = createNavigation();
platform.setNavigation(navigation);
const urlRouter = createRouter({ navigation, history: platform.history });
urlRouter.attach();
const vm = new RootViewModel({ platform, urlRouter, navigation, features: { calls: false } });
await vm.load();
platform.createAndMountRootView(vm);
window.hydrogen = vm;
