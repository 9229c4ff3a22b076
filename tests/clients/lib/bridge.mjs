// matrix-appservice-bridge. Its encryption is native code that npm does not have; a bridge without encryption never calls it, but wants to load it.
import Module, { createRequire } from "node:module";

const load = Module._load;
Module._load = (name, ...rest) => (name === "@matrix-org/matrix-sdk-crypto-nodejs" ? new Proxy({}, { get: () => class {} }) : load(name, ...rest));

export const { AppServiceRegistration, Bridge, Logger } = createRequire(import.meta.url)("matrix-appservice-bridge");
