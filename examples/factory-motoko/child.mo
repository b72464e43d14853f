import Cycles "mo:core/Cycles";

/// What the factory makes: a canister of its own, with its own memory and its own cycles.
persistent actor class Child(name : Text) {
  var greetings : Nat = 0;

  public func greet() : async Text {
    greetings += 1;
    name # " greets for time " # debug_show greetings;
  };

  public query func status() : async { name : Text; greetings : Nat; cycles : Nat } {
    { name; greetings; cycles = Cycles.balance() };
  };
};
