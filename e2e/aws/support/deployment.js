// What was deployed: the templates, and what became of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { call, required, resourcesOf } from "./aws.js";

/** @typedef {{ Type: string, Properties: Record<string, any> }} Resource */

/** @param {string} stack @returns {Record<string, Resource>} */
function template(stack) {
  return JSON.parse(readFileSync(join(required("TEGATA_CDK_OUT"), `${stack}.template.json`), "utf8"))
    .Resources;
}

/** One stack: its template, and the names that its resources were given. */
export class Stack {
  /** @type {Record<string, Resource>} */
  resources;
  /** @type {Map<string, string>} */
  names;

  /** @param {string} name @param {Map<string, string>} names */
  constructor(name, names) {
    this.resources = template(name);
    this.names = names;
  }

  /** @param {string} name */
  static async find(name) {
    return new Stack(name, await resourcesOf(name));
  }

  /** The name of the one resource whose logical name matches. @param {string} type @param {RegExp} pattern */
  name(type, pattern) {
    const found = Object.entries(this.resources).filter(
      ([logical, resource]) => resource.Type === type && pattern.test(logical),
    );
    if (found.length !== 1 || !found[0])
      throw new Error(`${found.length} resources are a ${type} named ${pattern}`);
    const name = this.names.get(found[0][0]);
    if (!name) throw new Error(`${found[0][0]} was not made`);
    return name;
  }
}

export const FUNCTIONS = /** @type {const} */ ([
  "Register",
  "Login",
  "Refresh",
  "Account",
  "OAuth",
  "RotateKeys",
  "Authorizer",
]);

/** @typedef {(typeof FUNCTIONS)[number]} FunctionName */

/** Everything that the tests ask for. */
export async function findDeployment() {
  const [data, edge, api] = await Promise.all(["TegataData", "TegataEdge", "TegataApi"].map(Stack.find));
  if (!data || !edge || !api) throw new Error("there are three stacks");
  const below = (/** @type {FunctionName} */ name, /** @type {string} */ part) =>
    // Each is named by its place; only the authorizer's place has its own name twice.
    new RegExp(
      name === "Authorizer"
        ? `^TegataAuthorizer(Authorizer)?${part}`
        : `^Tegata(Functions|Keys)${name}${part}`,
    );
  const secret = await call("secretsmanager", "GetSecretValue", {
    SecretId: edge.name("AWS::SecretsManager::Secret", /^OriginSecret/),
  });
  return {
    data,
    edge,
    api,
    tables: {
      data: data.name("AWS::DynamoDB::GlobalTable", /^TablesData/),
      keys: data.name("AWS::DynamoDB::GlobalTable", /^TablesKeys/),
      publicKeys: data.name("AWS::DynamoDB::GlobalTable", /^TablesPublicKeys/),
    },
    masterKey: data.name("AWS::KMS::Key", /MasterKey/),
    apiId: edge.name("AWS::ApiGateway::RestApi", /./),
    bucket: edge.name("AWS::S3::Bucket", /^WebFiles/),
    originSecret: String(secret.body["SecretString"]),
    function: (/** @type {FunctionName} */ name) =>
      api.name("AWS::Lambda::Function", below(name, "Function")),
    role: (/** @type {FunctionName} */ name) => api.name("AWS::IAM::Role", below(name, "Role")),
  };
}

/** @typedef {Awaited<ReturnType<typeof findDeployment>>} Deployment */
