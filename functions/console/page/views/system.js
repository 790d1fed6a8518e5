// How the platform is: what needs somebody, who is connected, and what each part
// says of itself.
import { h, table, row, chip, link, number } from '../dom.js'
import { at, whole } from '../format.js'
import { get } from '../api.js'
import { records } from './records.js'

const ok = (promise) => promise.then((value) => ({ value }), (problem) => ({ problem }))
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString()

export function open(page) {
  page.keep(async () => {
    const [system, gateways, letters, lost, errors, stuck, slow] = await Promise.all([
      get('/v1/system'), get('/v1/gateways'), get('/v1/deadletters', { state: 'waiting', limit: 100 }), get('/v1/dispatch', { state: 'unassigned', limit: 100 }),
      get('/v1/logs', { level: 'ERROR', from: ago(900), limit: 50 }), get('/v1/logs', { state: 'started', olderThan: 120, from: ago(86400), limit: 50 }), get('/v1/slow-calls', { from: ago(900), limit: 50 }),
    ].map(ok))
    return { system, gateways, letters, lost, errors, stuck, slow }
  }, draw, { on: (f) => f.t === 'order.unassigned', about: ['error', 'slow', 'service:deadletter', 'service:gateway', '/v1/deadletters'], every: 10 })
}

function draw({ system, gateways, letters, lost, errors, stuck, slow }) {
  const nodes = gateways.value?.gateways ?? []
  return [
    table('Checks', ['Check', 'State', 'What'], [
      check('Records', system, (s) => [!s.logs.down && !s.logs.dropped, `${whole(s.logs.waiting)} wait to be stored, ${s.logs.dropped ? whole(s.logs.dropped) : 'none'} lost since the start`]),
      check('Gateways', gateways, () => [nodes.length > 0, `${whole(nodes.length)} running, with ${whole(nodes.reduce((n, g) => n + g.held, 0))} clients and topics`]),
      check('Dead letters', letters, (l) => [!l.letters?.length, some(l.letters, l.next, 'wait'), '/deadletters']),
      check('Orders without courier', lost, (l) => [!l.searches?.length, some(l.searches, l.next, 'wait for an operator'), '/dispatch']),
      check('Errors, last 15 min', errors, (l) => [!l.records?.length, some(l.records, l.next, 'records'), '/logs?level=ERROR']),
      check('Begun and never ended', stuck, (l) => [!l.records?.length, some(l.records, l.next, 'operations'), '/logs?state=started&olderThan=120']),
      check('Slow calls, last 15 min', slow, (l) => [!l.records?.length, some(l.records, l.next, 'calls'), '/slow']),
    ]),
    h('h2', null, 'Gateways'),
    table('Gateways', ['Instance', 'Clients and topics#', 'Lease until'], nodes.map((g) => row(g.instance, h('code', null, g.instance), number(whole(g.held)), at(g.until))), gateways.problem?.message ?? 'No gateway runs'),
    h('h2', null, 'Newest errors'), records(errors.value?.records?.slice(0, 10)),
  ]
}

const some = (list, next, what) => (list?.length ? `${whole(list.length)}${next ? ' or more' : ''} ${what}` : 'none')

function check(name, { value, problem }, judge) {
  if (problem) return row(name, name, chip('down', 'cannot tell'), problem.message)
  const [good, text, to] = judge(value)
  return row(name, name, good ? chip('ok') : chip('waiting', 'needs a look'), to ? link(to, text) : text)
}
