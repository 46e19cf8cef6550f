/** Both ends of a channel, in one thread: what is sent is cloned, and arrives later. */
import { ThreadError } from "../../errors.ts";
import type { Port, ThreadPort } from "../port.ts";

interface JoinedPorts<ToOwner, ToOwned> {
  readonly owner: ThreadPort<ToOwner>;
  readonly owned: Port<ToOwned>;
  /** Whether the program would go on for the thread's sake. */
  readonly held: () => boolean;
  readonly terminated: () => boolean;
  /** Ends the owned side as a fault would. */
  die(): void;
}

export function joinedPorts<ToOwner, ToOwned>(): JoinedPorts<ToOwner, ToOwned> {
  const { port1, port2 } = new MessageChannel();
  let held = false;
  let terminated = false;
  let die: (error: ThreadError) => void = () => undefined;
  const end = () => {
    port1.close();
    port2.close();
  };
  const listen = <Message>(port: MessagePort, hear: (message: Message) => void) => {
    port.addEventListener("message", ({ data }) => hear(data));
    port.start();
  };
  return {
    owner: {
      post: (message, moved) => port1.postMessage(message, [...moved]),
      listen: (hear) => listen(port1, hear),
      onDeath(hear) {
        die = hear;
      },
      hold(on) {
        held = on;
      },
      async terminate() {
        terminated = true;
        end();
      },
    },
    owned: {
      post: (message, moved) => port2.postMessage(message, [...moved]),
      listen: (hear) => listen(port2, hear),
    },
    held: () => held,
    terminated: () => terminated,
    die() {
      end();
      die(new ThreadError("thread-died", "The thread that counts stopped."));
    },
  };
}
