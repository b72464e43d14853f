import Cycles "mo:core/Cycles";
import Principal "mo:core/Principal";

/// Has no data of its own: it asks the store, whose principal it receives when it is installed.
persistent actor class Front(store : Principal) {
  type Store = actor {
    put : (key : Text, value : Nat) -> async Nat;
    get : query (key : Text) -> async ?Nat;
  };

  func theStore() : Store { actor (Principal.toText(store)) };

  var calls : Nat = 0;

  /// At each `await` the message ends here and goes on, in a later round, when the answer is back.
  public func remember(key : Text, value : Nat) : async Nat {
    calls += 1;
    await (with cycles = 1_000_000) theStore().put(key, value);
  };

  public func recall(key : Text) : async ?Nat {
    calls += 1;
    await theStore().get(key);
  };

  public query func status() : async { calls : Nat; cycles : Nat } {
    { calls; cycles = Cycles.balance() };
  };
};
