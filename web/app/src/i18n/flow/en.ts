/**
 * Texts of the page that shows the flow: in the inspector's part of the application, which nobody else downloads. Every key is
 * used, and every language has all of them, as in the dictionary of the pages.
 */
const ui = {
  lead: "This page is a client of this very provider. It runs an authorization code flow with PKCE for real, one step at a time. What it gets stays in the memory of this tab: a reload loses it.",
  off: "The OpenID Provider is switched off here, or this page is not at its address.",
  failed: "There was no answer. Nothing has changed; please try again.",
  again: "Begin again",
  sent: "Sent",
  answered: "Answer",
  checks: "Checks",
  expected: "expected",
  found: "found",
  passed: "passed",
  not_passed: "failed",
  stopped: "A check failed: the client stops here, and uses nothing of what it got.",
  denied: "The provider has answered with an error. There is no code, and nothing to go on with.",

  pkce_title: "A secret for this flow",
  pkce_lead:
    "The client makes a random code verifier and keeps it. Only its SHA-256 hash, the code challenge, goes with the request (method S256). Whoever catches the code on its way back has seen the hash at most, and no verifier can be computed from a hash.",
  pkce_verifier: "Code verifier: stays here",
  pkce_challenge: "Code challenge: is sent",
  pkce_storage:
    "Verifier, state and nonce wait in the session storage of this tab until the browser comes back, and are removed then.",
  pkce_do: "Make a verifier",

  request_title: "The authorization request",
  request_lead:
    "The browser goes to the provider, with this in the address. Nothing of it is secret. The provider’s own pages come next: they log you in and ask whether this client may.",
  request_do: "Go to the provider",

  callback_title: "The callback",
  callback_lead:
    "The provider has sent the browser back here with a code. The code is worth nothing by itself, and the client first makes sure that it belongs to what it has asked.",

  token_title: "The token request",
  token_lead:
    "The page asks the provider directly, past the address bar: the code and the verifier for tokens. The provider hashes the verifier and compares it with the challenge. A code is good once, for a minute.",
  token_do: "Exchange the code",

  id_token_title: "The ID token",
  id_token_lead:
    "It says who has logged in. Reading it is not enough: the client checks where it comes from, and that it is meant for this flow. The key comes from the provider’s published keys; the browser’s Web Crypto verifies.",
  id_token_do: "Check the ID token",

  user_info_title: "UserInfo",
  user_info_lead:
    "With the access token the client asks for what the user has allowed it to know. The answer counts only if it is about the same user.",
  user_info_do: "Ask for the claims",

  refresh_title: "Refreshing, and a stolen code",
  refresh_lead:
    "A refresh token is used once, and its answer brings the next. Then play the thief: the same code a second time. The provider refuses it, and since one of the two senders must be a thief, it ends everything that the code gave.",
  refresh_do: "Refresh",
  replay_do: "Send the code again",
  refused_do: "Refresh once more",
  refused_note:
    "Refused: the grant has ended with the second use of the code. An access token that was given out before is good until it expires.",

  end_title: "The end",
  end_lead:
    "A client that is done gives its refresh token back: revocation ends the grant. Your session at the provider goes on for other applications until you log out there.",
  revoke_do: "Revoke the refresh token",
  revoke_note:
    "The answer is the same whether the token was still good: nobody learns anything about tokens by trying.",
  log_out: "Log out at the provider",
};

/** What each parameter of a request is for. */
const parameters = {
  response_type: "What is wanted: a code, and nothing that could be caught in an address.",
  client_id: "Who asks. It is no secret; the redirect URI is what ties the answer to the client.",
  redirect_uri: "Where the answer goes. It has to be registered, character by character.",
  scope: "What is asked for. “openid” makes it a login, “offline_access” lets it go on while you are away.",
  state: "Comes back with the answer. A stranger who sends you here with a code of theirs does not know it.",
  nonce: "Comes back inside the ID token: that token was made for this request.",
  code_challenge: "The hash of the code verifier.",
  code_challenge_method: "How it was made: S256, SHA-256 in base64url.",
  prompt: "That you are asked also if you have allowed it before: so you see the page.",
  ui_locales: "The language of the provider’s pages.",
  grant_type: "What is exchanged for tokens.",
  code: "The code from the callback. Here it is abridged.",
  code_verifier: "Proves that who exchanges the code has begun the flow.",
  refresh_token: "The one from the last answer. Here it is abridged.",
  token: "What is to be revoked. Here it is abridged.",
  token_type_hint: "Which kind of token that is, so that the provider finds it sooner.",
  authorization: "The access token. Who bears it may ask. Here it is abridged.",
};

/** What each comparison is good for. */
const checks = {
  code: "There is a code.",
  state: "The answer belongs to the request of this tab.",
  iss: "It comes from the provider that was asked, and from no other.",
  signature: "The provider has signed it, with a key and an algorithm that the client accepts.",
  aud: "It is meant for this client.",
  azp: "It was issued to this client, if it says to whom.",
  exp: "It has not expired.",
  iat: "It was issued by now.",
  nonce: "It was made for this request, and is not an older one.",
  at_hash: "It belongs to the access token that came with it.",
  sub: "It is about the user of the ID token.",
};

export const en = { ui, parameters, checks };

/** What a language has to say. */
export type FlowDictionary = { [Group in keyof typeof en]: { [Key in keyof (typeof en)[Group]]: string } };
export type ParameterName = keyof typeof parameters;
