// Pages of somebody else: the same machine, another port, under two names.
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * Serves empty pages at another port. At `127.0.0.1` they are another origin of the same site, which is as near as an
 * attacker can come: cookies do not tell ports apart. At `localhost` they are another site.
 */
export async function startOtherOrigin() {
  const server = createServer((request, response) => {
    const isPage = request.url === "/";
    response.writeHead(isPage ? 200 : 204, { "content-type": "text/html; charset=utf-8" });
    response.end(isPage ? "<!doctype html><title>Elsewhere</title><p>elsewhere</p>" : undefined);
  });
  server.listen(0);
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    sameSite: `http://127.0.0.1:${port}`,
    crossSite: `http://localhost:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
