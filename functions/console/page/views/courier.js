// One courier: the score and what it comes from, facts and appeals, what they
// carry and where they are.
import { h, table, row, chip, link, facts, number, show, ask, svg, words } from '../dom.js'
import { at, since, fixed, percent } from '../format.js'
import { get, post, put, id } from '../api.js'
import { records } from './records.js'

const maybe = (promise) => promise.catch(() => null)
const dimensions = [['completion', 'Completion'], ['on_time', 'On time'], ['acceptance', 'Acceptance'], ['rating', 'Rating']]

export function open(page) {
  const name = page.params.courier
  const path = '/v1/couriers/' + id(name)
  page.name('Courier ', name)
  page.watch('presence:courier:' + name)
  page.keep(async () => {
    const [c, score, known, where, presence, log] = await Promise.all([
      maybe(get(path)), maybe(get(path + '/score')), maybe(get(path + '/facts', { limit: 100 })), maybe(get(path + '/location')), maybe(get('/v1/presence', { client: 'courier:' + name })), maybe(get('/v1/logs', { entity: 'courier:' + name, limit: 100, order: 'newest' })),
    ])
    return { c, score, known: known?.facts ?? [], where, online: presence?.connections[0] > 0, log }
  }, (data) => draw(page, path, data), { on: (f) => f.t === 'presence.changed' || f.k === 'courier:' + name, about: ['courier:' + name, path, 'service:scoreupdate'] })
}

function draw(page, path, { c, score, known, where, online, log }) {
  show(page.tools, c && h('button', { type: 'button', class: 'quiet', onclick: () => page.act(c.onDuty ? 'Off duty' : 'On duty', () => put(path + '/duty', { onDuty: !c.onDuty })) }, c.onDuty ? 'Take off duty' : 'Put on duty'))
  return [
    h('div', { class: 'lead' }, c && (c.disabled ? chip('down', 'disabled') : chip(c.onDuty ? 'active' : 'off', c.onDuty ? 'on duty' : 'off duty')), online ? chip('online') : chip('off', 'not connected'), score && score.score.standing !== 'between' && chip(score.score.standing), score?.score.provisional && chip('waiting', 'score is provisional')),
    h('div', { class: 'columns' },
      h('section', null, h('h2', null, 'Who and where'), c ? facts([['Name', c.name], ['Zone', c.zone], ['Vehicle', c.vehicle], ['Capacity', c.capacity], ['Skills', (c.skills ?? []).join(', ')], ['Shift ends', at(c.shiftEnds)], ['Carries', c.load.orders?.length ? c.load.orders.map((o) => [link('/orders/' + o, o.slice(0, 12)), ' ']) : 'nothing'],
        ['Position', where && [`${where.lat.toFixed(5)}, ${where.lng.toFixed(5)} `, since(where.at)]], ['Changed', [at(c.updated), ` by ${c.by}`]]]) : h('p', { class: 'empty' }, 'There is no such courier')),
      score && h('section', null, h('h2', null, `Score ${fixed(score.score.value)}`), h('p', { class: 'prose' }, `Of 100. Likely from ${fixed(score.score.low)} to ${fixed(score.score.high)}; a newcomer has 50. Version ${score.config} of the `, link('/settings/scores', 'settings'), score.usual ? `, and what was usual on ${score.usual}` : '', '.'), trend(score.trend))),
    score && parts(score.score.parts),
    h('h2', null, 'What counts'),
    table('Facts', ['When', 'What', 'Order', 'Good', 'Fault of', 'Appeal'], known.map((f) => row(f.id, at(f.at), words(f.dimension), f.order && link('/orders/' + f.order, f.order.slice(0, 8)), `${f.good / 100} of ${f.trials / 100}`, f.cause || 'courier', counts(page, path, f, known))), 'Nothing yet'),
    h('h2', null, 'Records'), records(log?.records),
  ]
}

function parts(p) {
  return [h('h2', null, 'Where it comes from'), table('Parts of the score', ['Dimension', 'Points#', 'Estimate#', 'Usual#', 'Lately#', 'In 90 days#', 'Excused#', ''], dimensions.map(([f, name]) => {
    const d = p[f]
    return row(f, name, number((d.points >= 0 ? '+' : '−') + fixed(Math.abs(d.points), 2)), number(percent(d.estimate)), number(percent(d.prior?.mean)), number(`${fixed(d.good)} of ${fixed(d.trials)}`),
      number(`${fixed(d.raw.good / 100, 0)} of ${fixed(d.raw.trials / 100, 0)}`), number(fixed(d.raw.excused / 100, 0)), d.provisional ? chip('waiting', 'provisional') : '')
  }))]
}

function counts(page, path, f, known) {
  if (f.undoes) return 'takes back another'
  if (known.some((k) => k.undoes === f.id)) return 'taken back'
  if (f.cause) return 'excused'
  return h('button', { type: 'button', class: 'quiet', onclick: () => appeal(page, path, f) }, 'Take back')
}

async function appeal(page, path, f) {
  if (await ask({ title: 'Take this back?', text: `${words(f.dimension)} at order ${f.order} will count no more, as if it had never happened. This cannot be undone.`, action: 'Take it back', danger: true })) page.act('Taken back: it counts no more in a moment', () => post(`${path}/facts/${id(f.id)}/appeal`))
}

// trend is a line of the last days' scores, above and below a newcomer's.
function trend(values) {
  if (!values || values.length < 2) return null
  const y = (v) => 74 - v * 0.68
  const points = values.map((v, i) => `${30 + (i * 240) / (values.length - 1)},${y(v)}`).join(' ')
  return svg('svg', { class: 'chart', viewBox: '0 0 300 80', role: 'img', 'aria-label': `Score of the last ${values.length} days, from ${fixed(values[0])} to ${fixed(values.at(-1))}` },
    [0, 50, 100].map((v) => [svg('line', { class: 'rule', x1: 30, x2: 270, y1: y(v), y2: y(v) }), svg('text', { class: 'tiny', x: 24, y: y(v) + 2.5, 'text-anchor': 'end' }, String(v))]),
    svg('polyline', { class: 'line', points }), svg('text', { class: 'tiny', x: 274, y: y(values.at(-1)) + 2.5 }, fixed(values.at(-1))))
}
