/** Who may wait: counted, so that slow providers cannot fill the memory with requests that stand still. */

export interface WaitingRoom {
  /** False where it is full. Whoever has entered must leave. */
  enter(): boolean;
  leave(): void;
  waiting(): number;
}

/** A part of a larger room: to be let in, there must be a place in both. */
export function createWaitingRoom(places: number, whole?: WaitingRoom): WaitingRoom {
  let taken = 0;
  return {
    enter: () => {
      if (taken >= places || whole?.enter() === false) return false;
      taken += 1;
      return true;
    },
    leave: () => {
      taken -= 1;
      whole?.leave();
    },
    waiting: () => taken,
  };
}
