import Child "child";
import Cycles "mo:core/Cycles";
import List "mo:core/List";
import Principal "mo:core/Principal";
import Runtime "mo:core/Runtime";

/// A canister that makes canisters. It pays for each from its own cycles, and controls what it made.
persistent actor Factory {
  let children = List.empty<Child.Child>();

  /// Two messages to the management canister hide in this one `await`: create, then install.
  public func make(name : Text) : async Principal {
    let child = await (with cycles = 2_000_000_000_000) Child.Child(name);
    List.add(children, child);
    Principal.fromActor(child);
  };

  /// Calls the child with this number, counted from 0.
  public func greet(number : Nat) : async Text {
    let ?child = List.get(children, number) else Runtime.trap("there is no child of this number");
    await child.greet();
  };

  /// A composite query asks the children's nodes for their state, without consensus.
  public composite query func statuses() : async [{ name : Text; greetings : Nat; cycles : Nat }] {
    let found = List.empty<{ name : Text; greetings : Nat; cycles : Nat }>();
    for (child in List.values(children)) List.add(found, await child.status());
    List.toArray(found);
  };

  public query func made() : async { children : [Principal]; cycles : Nat } {
    let principals = List.map<Child.Child, Principal>(children, func c = Principal.fromActor(c));
    { children = List.toArray(principals); cycles = Cycles.balance() };
  };
};
