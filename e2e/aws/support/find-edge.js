// `node --import` this, and whatever asks the public name over TLS gets to the edge of this machine: tests that know an address and
// nothing of AWS need not know of it either.
import { syncBuiltinESMExports } from "node:module";
import tls from "node:tls";
import { required } from "./aws.js";

const { hostname } = new URL(required("TEGATA_URL"));
const [host, port] = required("TEGATA_EDGE").split(":");
const { connect } = tls;

/** @param {any[]} given */
tls.connect = (/** @type {any} */ ...given) => {
  const [options, ...rest] = given;
  const isPublic = typeof options === "object" && options.host === hostname;
  const found = isPublic ? { ...options, host, port: Number(port), servername: hostname } : options;
  return Reflect.apply(connect, tls, [found, ...rest]);
};
syncBuiltinESMExports();
