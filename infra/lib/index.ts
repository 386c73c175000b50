export { ApiStack, type ApiStackProps } from "./api-stack.ts";
export { DataStack, type DataStackProps } from "./data-stack.ts";
export { EdgeStack, type EdgeStackProps } from "./edge-stack.ts";
export type { AlarmOptions } from "./constructs/alarms.ts";
export {
  TegataAuthorizer,
  type ForeignIssuer,
  type RouteScopes,
  type TegataAuthorizerProps,
} from "./constructs/authorizer.ts";
export type { OAuthOptions, ProviderSettings } from "./constructs/functions.ts";
export { addGatewayResponses } from "./constructs/gateway-responses.ts";
export type { ApiOptions } from "./constructs/provider-api.ts";
export type { FunctionOptions } from "./constructs/rust-function.ts";
export {
  existingData,
  TegataTables,
  type ExistingData,
  type TegataData,
  type TegataTablesProps,
} from "./constructs/tables.ts";
export { Tegata, type TegataProps } from "./constructs/tegata.ts";
export type { CustomDomain } from "./constructs/web-distribution.ts";
