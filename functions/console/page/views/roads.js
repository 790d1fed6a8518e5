// The roads, as GET /v1/map tells them: lines of polylines.
import { get } from '../api.js'

let asked // they are the same for all views

/** roads resolves to lines {speed, points}, or to null while there are none. */
export function roads() {
  asked ??= get('/v1/map').then(({ lines, scale }) => lines.map(([speed, text]) => ({ speed, points: unpack(text, scale) })), () => (asked = null))
  return asked
}

// unpack reads Google's encoding: each coordinate less the one before, in groups of
// five bits, the lowest first.
function unpack(text, scale) {
  const points = []
  let at = 0
  let [lat, lng] = [0, 0]
  const next = () => {
    let bits = 0
    let shift = 0
    for (let c = 0x20; c >= 0x20; shift += 5) {
      c = text.charCodeAt(at++) - 63
      bits |= (c & 0x1f) << shift
    }
    return bits & 1 ? ~(bits >> 1) : bits >> 1
  }
  while (at < text.length) {
    lat += next()
    lng += next()
    points.push(lng / scale, lat / scale)
  }
  return points
}
