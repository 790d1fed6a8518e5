// One courier: the score and what it comes from, facts and appeals, what they
// carry and where they are.
import { h, table, row, chip, link, facts, number, show, ask, words } from '../dom.js'
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
    h('div', { class: 'lead' }, c && (c.disabled ? chip('down', 'disabled') : chip(c.onDuty ? 'active' : 'off', c.onDuty ? 'on duty' : 'off duty')), online ? chip('online') : chip('off', 'not connected'), score && chip(score.score.standing), score?.score.provisional && chip('waiting', 'provisional')),
    h('div', { class: 'columns' },
      h('section', null, h('h2', null, 'Who and where'), c ? facts([['Name', c.name], ['Zone', c.zone], ['Vehicle', c.vehicle], ['Capacity', c.capacity], ['Skills', (c.skills ?? []).join(', ')], ['Shift ends', at(c.shiftEnds)], ['Carries', (c.load.orders ?? []).map((o) => [link('/orders/' + o, o.slice(0, 8)), ' '])],
        ['Position', where && [`${where.lat.toFixed(5)}, ${where.lng.toFixed(5)} `, since(where.at)]], ['Changed', [at(c.updated), ` by ${c.by}`]]]) : h('p', { class: 'empty' }, 'There is no such courier')),
      score && h('section', null, h('h2', null, `Score ${fixed(score.score.value)}`), h('p', null, `Likely from ${fixed(score.score.low)} to ${fixed(score.score.high)}; 50 is what a newcomer has. Made by config ${score.config}${score.usual ? `, usual of ${score.usual}` : ''}.`), trend(score.trend))),
    score && parts(score.score.parts),
    h('h2', null, 'What is known'),
    table('Facts', ['When', 'What', 'Order', 'Good', 'Fault of', 'Counts'], known.map((f) => row(f.id, at(f.at), words(f.dimension), f.order && link('/orders/' + f.order, f.order.slice(0, 8)), `${f.good / 100} of ${f.trials / 100}`, f.cause || 'courier', counts(page, path, f, known))), 'Nothing yet'),
    h('h2', null, 'Records'), records(log?.records),
  ]
}

function parts(p) {
  return [h('h2', null, 'Where it comes from'), table('Parts of the score', ['Dimension', 'Points#', 'Estimate#', 'Usual#', 'Weighs as#', 'Good, of late#', 'Of, of late#', 'Good in 90 days#', 'Of#', 'Excused#', ''], dimensions.map(([f, name]) => {
    const d = p[f]
    return row(f, name, number((d.points >= 0 ? '+' : '−') + fixed(Math.abs(d.points), 2)), number(percent(d.estimate)), number(percent(d.prior?.mean)), number(fixed(d.prior?.strength, 0)), number(fixed(d.good)), number(fixed(d.trials)),
      number(fixed(d.raw.good / 100, 0)), number(fixed(d.raw.trials / 100, 0)), number(fixed(d.raw.excused / 100, 0)), d.provisional ? chip('waiting', 'provisional') : '')
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

// trend is a line of the last days' scores.
function trend(values) {
  if (!values || values.length < 2) return null
  const ns = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(ns, 'svg')
  for (const [k, v] of Object.entries({ class: 'chart', viewBox: '0 0 300 80', role: 'img', 'aria-label': `Score of the last ${values.length} days, from ${fixed(values[0])} to ${fixed(values.at(-1))}` })) svg.setAttribute(k, v)
  const line = document.createElementNS(ns, 'polyline')
  line.setAttribute('class', 'line')
  line.setAttribute('points', values.map((v, i) => `${10 + (i * 280) / (values.length - 1)},${75 - v * 0.7}`).join(' '))
  svg.append(line)
  return svg
}
