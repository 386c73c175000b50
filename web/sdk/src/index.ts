export { TegataClient, type TegataOptions, type TokenInspection } from "./client.js";
export type { Channel, Clock, Locks, OpenChannel } from "./environment.js";
export { isTegataError, type ClientCode, type TegataError, type TegataErrorCode } from "./errors.js";
export { readReturnTo, safeReturnTo, withReturnTo } from "./return-to.js";
export type { AuthState, SignedInUser, SignedOutReason } from "./session.js";
export type { RequestEvent, RotationEvent, Timeline, TimelineEvent } from "./timeline.js";
export { decodeToken, type DecodedToken } from "./token.js";
export {
  FIELD_CODES,
  PROBLEM_CODES,
  type Address,
  type FieldCode,
  type FieldProblem,
  type LoginRequest,
  type LoginResponse,
  type PasswordChange,
  type Problem,
  type ProblemCode,
  type ProfileClaims,
  type ProtectedResponse,
  type ProviderConfig,
  type Session,
  type SessionsResponse,
  type SignupRequest,
  type TextClaim,
  type TokenResponse,
  type User,
  type UserPatch,
  type UserResponse,
  type UsersPage,
} from "./wire.js";
