// A whole client of the gateway: node --experimental-websocket client.mjs URL TOKEN
// (browsers need no flag). It prints every event once and in order, over any
// number of connections.
const [url, token] = process.argv.slice(2)
let at // what we have seen of our own stream: keep it with what you show
let wait = 0

function connect() {
  const ws = new WebSocket(url, ['lastmile.v1', 'token.' + token])
  let acked = 0
  const ack = setInterval(() => {
    if (!at || at.n === acked || ws.readyState !== WebSocket.OPEN) return
    ws.send(JSON.stringify({ ack: at }))
    acked = at.n
  }, 500)
  ws.onopen = () => ws.send(JSON.stringify({ hello: { at } }))
  ws.onmessage = ({ data }) => {
    const f = JSON.parse(data)
    if (f.welcome) [at, wait] = [at ?? { e: f.welcome.e, n: f.welcome.n }, 0]
    else if (f.resync && !f.resync.s) { at = { e: f.resync.e, n: f.resync.n }; console.log('fetch anew') }
    else if (f.move) { wait = f.move.in; ws.close() }
    else if (f.n && !f.s) {
      if (f.e === at.e && f.n <= at.n) return
      at = { e: f.e, n: f.n }
      console.log(f.t, JSON.stringify(f.d))
    } else if (f.t) console.log(f.t, JSON.stringify(f.d))
  }
  ws.onclose = ({ code, reason }) => {
    clearInterval(ack)
    if (code === 4001 || code === 4010) return console.error(reason)
    wait = Math.min(2 * wait + 50, 10_000)
    setTimeout(connect, Math.random() * wait)
  }
}
connect()
