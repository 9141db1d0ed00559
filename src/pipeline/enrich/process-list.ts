/** A doubly linked list through the nodes themselves, so that any of them leaves it in constant time. */
import type { ProcessNode } from './process-node.ts';

/** Processes in an order of their own; a node is in at most one list. */
export class NodeList {
  #first: ProcessNode | undefined = undefined;
  #last: ProcessNode | undefined = undefined;

  get first(): ProcessNode | undefined {
    return this.#first;
  }

  pushBack(node: ProcessNode): void {
    node.previous = this.#last;
    node.next = undefined;
    if (this.#last === undefined) {
      this.#first = node;
    } else {
      this.#last.next = node;
    }
    this.#last = node;
  }

  remove(node: ProcessNode): void {
    if (node.previous === undefined) {
      this.#first = node.next;
    } else {
      node.previous.next = node.next;
    }
    if (node.next === undefined) {
      this.#last = node.previous;
    } else {
      node.next.previous = node.previous;
    }
    node.previous = undefined;
    node.next = undefined;
  }

  moveToBack(node: ProcessNode): void {
    if (node !== this.#last) {
      this.remove(node);
      this.pushBack(node);
    }
  }
}
