// The way ahead of a courier, along the roads that the map draws. It minds neither
// one-way streets nor traffic: the platform's own way may be another.

const graphs = new WeakMap()

/** way returns the fastest way between points {lat, lng}, as lng, lat …; or null. */
export function way(lines, from, to) {
  if (!graphs.has(lines)) graphs.set(lines, graph(lines))
  const [a, b] = [nearest(lines, from), nearest(lines, to)]
  if (!a || !b) return null
  const found = a.line === b.line ? slice(lines[a.line].points, a.i, b.i) : search(graphs.get(lines), lines, a, b)
  return found && [from.lng, from.lat, ...found, to.lng, to.lat]
}

// graph joins lines where they end. An edge is {line, from, to, took}.
function graph(lines) {
  const names = new Map()
  const edges = []
  const node = (p, i) => {
    const name = `${p[i]},${p[i + 1]}`
    if (!names.has(name)) names.set(name, edges.push([]) - 1)
    return names.get(name)
  }
  const ends = lines.map(({ speed, points: p }, line) => {
    const [from, to] = [node(p, 0), node(p, p.length - 2)]
    const took = length(p) / Math.max(speed, 5)
    edges[from].push({ line, from, to, took })
    edges[to].push({ line, from: to, to: from, took })
    return [from, to]
  })
  return { edges, ends }
}

function length(p) {
  const narrow = Math.cos((p[1] * Math.PI) / 180)
  let sum = 0
  for (let i = 2; i < p.length; i += 2) sum += Math.hypot((p[i] - p[i - 2]) * narrow, p[i + 1] - p[i - 1])
  return sum
}

// nearest is the line with the point that is nearest.
function nearest(lines, { lat, lng }) {
  const narrow = Math.cos((lat * Math.PI) / 180)
  let best = null
  let least = Infinity
  lines.forEach(({ points: p }, line) => {
    for (let i = 0; i < p.length; i += 2) {
      const d = ((p[i] - lng) * narrow) ** 2 + (p[i + 1] - lat) ** 2
      if (d < least) [least, best] = [d, { line, i }]
    }
  })
  return best
}

// stubs are the two ways between a point inside of a line and its ends: the points
// from there to the end, and what that takes.
function stubs(g, lines, { line, i }) {
  const { points: p, speed } = lines[line]
  return [0, p.length - 2].map((end, k) => {
    const points = slice(p, i, end)
    return { node: g.ends[line][k], points, took: length(points) / Math.max(speed, 5) }
  })
}

// slice is the points of a line from one to another, both included, either way.
function slice(p, from, to) {
  const out = []
  for (let i = from; from < to ? i <= to : i >= to; i += from < to ? 2 : -2) out.push(p[i], p[i + 1])
  return out
}

// search is Dijkstra's, from both ends of the first line to both of the last.
function search(g, lines, a, b) {
  const took = new Float64Array(g.edges.length).fill(Infinity)
  const by = new Array(g.edges.length)
  const [starts, goals] = [stubs(g, lines, a), stubs(g, lines, b)]
  const heap = []
  for (const s of starts) {
    if (s.took >= took[s.node]) continue
    took[s.node] = s.took
    by[s.node] = s
    push(heap, [s.took, s.node])
  }
  for (let open = new Set(goals.map((s) => s.node)); heap.length > 0 && open.size > 0;) {
    const [so, at] = pop(heap)
    open.delete(at)
    if (so > took[at]) continue
    for (const e of g.edges[at]) {
      if (so + e.took >= took[e.to]) continue
      took[e.to] = so + e.took
      by[e.to] = e
      push(heap, [took[e.to], e.to])
    }
  }
  const [best] = goals.sort((x, y) => took[x.node] + x.took - took[y.node] - y.took)
  return took[best.node] === Infinity ? null : [...trace(g, lines, by, best.node), ...slice(best.points, best.points.length - 2, 0)]
}

function trace(g, lines, by, end) {
  const parts = []
  let at = by[end]
  for (; !at.points; at = by[at.from]) {
    const p = lines[at.line].points
    parts.unshift(g.ends[at.line][0] === at.from ? p : slice(p, p.length - 2, 0))
  }
  return [...at.points, ...parts.flat()]
}

// A heap of [what it takes, node], the least first.
function push(heap, entry) {
  let i = heap.push(entry) - 1
  for (let up = (i - 1) >> 1; i > 0 && heap[up][0] > entry[0]; i = up, up = (i - 1) >> 1) heap[i] = heap[up]
  heap[i] = entry
}

function pop(heap) {
  const top = heap[0]
  const last = heap.pop()
  if (heap.length === 0) return top
  let i = 0
  for (let down = 1; down < heap.length; down = 2 * i + 1) {
    if (down + 1 < heap.length && heap[down + 1][0] < heap[down][0]) down++
    if (heap[down][0] >= last[0]) break
    heap[i] = heap[down]
    i = down
  }
  heap[i] = last
  return top
}
