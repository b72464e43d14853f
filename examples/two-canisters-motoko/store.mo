import Cycles "mo:core/Cycles";
import Map "mo:core/Map";
import Text "mo:core/Text";

/// Keeps numbers under names for other canisters, and takes the cycles they attach.
persistent actor Store {
  let values = Map.empty<Text, Nat>();
  var earned : Nat = 0;

  public func put(key : Text, value : Nat) : async Nat {
    earned += Cycles.accept<system>(Cycles.available());
    Map.add(values, Text.compare, key, value);
    Map.size(values);
  };

  public query func get(key : Text) : async ?Nat {
    Map.get(values, Text.compare, key);
  };

  public query func earnings() : async Nat {
    earned;
  };
};
