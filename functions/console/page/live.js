// The connection to the gateway: one socket, which comes back by itself.
//
// States: off (signed out), opening, live, lost (trying again), polling (the token
// opens no socket; views ask again every few seconds).
import { signedIn, setToken, onIdentity } from './api.js'

const streams = new Map() // a stream's name to its place {e, n}; '' is our own
const topics = new Map() // a topic to how many views watch it
const listeners = new Set()
let socket, timer, heard, ping, tries = 0
let state = 'off'
let lostAt = 0
const onState = new Set()

/** now tells the state, and since when the connection is lost. */
export const now = () => ({ state, lostAt })

/** watchState has f called at every change of state. */
export function watchState(f) {
  onState.add(f)
}

function become(next) {
  if (next === 'live' || next === 'off') lostAt = 0
  else if (!lostAt) lostAt = Date.now()
  if (state === next) return
  state = next
  for (const f of onState) f(state)
}

/** listen has f called with each event {t, s, k, d}; it returns how to stop. */
export function listen(f) {
  listeners.add(f)
  return () => listeners.delete(f)
}

/** watch joins a topic for as long as somebody watches it; it returns how to leave. */
export function watch(topic) {
  const n = topics.get(topic) ?? 0
  topics.set(topic, n + 1)
  if (n === 0) send({ sub: { topic, at: streams.get(topic) } })
  let left = false
  return () => {
    if (left) return
    left = true
    const rest = topics.get(topic) - 1
    if (rest > 0) return topics.set(topic, rest)
    topics.delete(topic)
    streams.delete(topic)
    send({ unsub: topic })
  }
}

function send(frame) {
  if (socket?.readyState === WebSocket.OPEN && state === 'live') socket.send(JSON.stringify(frame))
}

function open() {
  clearTimeout(timer)
  if (!signedIn()) return become('off')
  if (state !== 'lost' && state !== 'polling') become('opening')
  const s = new WebSocket(location.origin.replace(/^http/, 'ws') + '/gateway/v1/socket', ['lastmile.v1'])
  socket = s
  s.onopen = () => s.send(JSON.stringify({ hello: { token: signedIn(), at: streams.get(''), topics: places() } }))
  s.onmessage = ({ data }) => s === socket && take(JSON.parse(data))
  s.onclose = ({ code }) => s === socket && closed(code)
}

// places are where we are in each stream but our own: topics, and our roles.
function places() {
  const names = [...topics.keys(), ...[...streams.keys()].filter((s) => s.startsWith('role:'))]
  return Object.fromEntries(names.map((t) => [t, streams.get(t) ?? null]))
}

// closed tries again, after a while that grows and is random, so that consoles do
// not come back all at once.
function closed(code) {
  socket = null
  if (code === 4010) return setToken(null)
  if (!signedIn()) return become('off')
  become(code === 4001 ? 'polling' : 'lost')
  const longest = code === 4001 ? 60_000 : Math.min(250 * 2 ** tries++, 10_000)
  timer = setTimeout(open, longest / 2 + Math.random() * longest / 2)
}

function take(f) {
  heard = Date.now()
  if (f.welcome) {
    ping = f.welcome.ping * 1000
    tries = 0
    if (!streams.has('')) streams.set('', { e: f.welcome.e, n: f.welcome.n })
    const back = state !== 'opening'
    become('live')
    return back && tell({ t: 'connection.resumed' })
  }
  if (f.joined) return streams.set(f.joined.s, { e: f.joined.e, n: f.joined.n })
  if (f.resync) {
    streams.set(f.resync.s ?? '', { e: f.resync.e, n: f.resync.n })
    return tell({ t: 'connection.resumed' })
  }
  if (f.renewed) return setToken(f.renewed.token ?? signedIn())
  if (f.move) return setTimeout(() => socket?.close(), f.move.in)
  if (f.t) event(f)
}

function event(f) {
  const name = f.s ?? ''
  if (f.n) {
    const seen = streams.get(name)
    if (seen && seen.e === f.e && f.n <= seen.n) return
    streams.set(name, { e: f.e, n: f.n })
  }
  tell(f)
}

function tell(f) {
  for (const l of listeners) l(f)
}

let acked = null // numbers may begin anew: it is the place that tells
setInterval(() => {
  const own = streams.get('')
  if (own && own !== acked && state === 'live') {
    acked = own
    send({ ack: own })
  }
}, 500)

// A connection that is silent for two pings is dead, whatever the network says.
setInterval(() => {
  if (socket && state === 'live' && Date.now() - heard > 2 * ping) socket.close()
  else if (state === 'live' && Date.now() - heard > ping / 2) send({ ping: 1 })
}, 2000)

addEventListener('online', () => !socket && open())
onIdentity(() => {
  const old = socket
  socket = null
  old?.close()
  streams.clear()
  tries = 0
  open()
})

/** start opens the connection. */
export const start = open
