// Calls of the API, as the operator who has signed in.

const place = 'lastmile.token'
let token = sessionStorage.getItem(place)
const watchers = new Set()

/** signedIn returns the operator's token, or null. */
export const signedIn = () => token

/** onIdentity has f called when somebody signs in or out, or the token is renewed. */
export function onIdentity(f) {
  watchers.add(f)
}

/** setToken keeps a token for as long as the tab is open; null forgets it. */
export function setToken(t) {
  const was = token
  token = t
  if (t) sessionStorage.setItem(place, t)
  else sessionStorage.removeItem(place)
  if (!was !== !t) for (const f of watchers) f()
}

/** Problem is an answer that is no success. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || (status ? `the API answered ${status}` : 'the API cannot be reached'))
    this.status = status
    this.details = (body?.errors ?? []).map((e) => `${e.location ?? ''} ${e.message ?? ''}`.trim())
  }
}

const patience = 15_000

/**
 * call asks the API. Its result is the answer's body; with raw, the response.
 * Calls that change something carry a key, so that sending them twice has one
 * effect.
 */
export async function call(method, path, { body, headers = {}, raw = false } = {}) {
  const sent = { Accept: 'application/json', ...headers }
  if (token) sent.Authorization = 'Bearer ' + token
  if (body !== undefined) sent['Content-Type'] = 'application/json'
  if (method === 'POST') sent['Idempotency-Key'] = crypto.randomUUID()
  let response
  try {
    response = await fetch(path, { method, headers: sent, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(patience) })
  } catch {
    throw new Problem(0)
  }
  const renewed = response.headers.get('X-Renewed-Token')
  if (renewed && token) setToken(renewed)
  if (response.status === 401) setToken(null)
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null))
  if (raw) return response
  return response.status === 204 ? null : response.json()
}

/** get reads; parameters without a value are left out. */
export function get(path, params) {
  const query = new URLSearchParams(Object.entries(params ?? {}).filter(([, v]) => v !== '' && v != null && v !== false))
  return call('GET', query.size ? `${path}?${query}` : path)
}

/** read returns a body and the ETag that an edit of it has to name. */
export async function read(path) {
  const r = await call('GET', path, { raw: true })
  return { body: await r.json(), tag: r.headers.get('ETag') }
}

export const post = (path, body) => call('POST', path, { body })

/** put stores an edit of what had the tag. */
export const put = (path, body, tag) => call('PUT', path, { body, headers: tag ? { 'If-Match': tag } : {} })

/** id is a part of a path. */
export const id = encodeURIComponent

/**
 * signIn takes what an operator has: a token or handle of a session, or an
 * identity token of a trusted issuer, which is exchanged for a session.
 */
export async function signIn(secret) {
  if (issuer(secret) !== 'lastmile' && issuer(secret) !== '') {
    setToken((await call('POST', '/v1/sessions', { body: { identity: secret, entity: 'operator' } })).token)
    return
  }
  const r = await fetch('/v1/sessions', { headers: { Authorization: 'Bearer ' + secret } })
  if (!r.ok) throw new Problem(r.status, await r.json().catch(() => null))
  setToken(r.headers.get('X-Renewed-Token') ?? secret)
}

// issuer is who says to have made a token; empty for what is no token.
function issuer(secret) {
  try {
    return JSON.parse(atob(secret.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))).iss ?? ''
  } catch {
    return ''
  }
}
