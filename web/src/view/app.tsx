/** The page. */
import { english } from "../text/english.ts";

export function App() {
  return <main>{english.title}</main>;
}
