import Array "mo:core/Array";
import Nat "mo:core/Nat";
import Runtime "mo:core/Runtime";
import VarArray "mo:core/VarArray";

/// A wall that everyone paints, a pixel a call. Its replies are pictures: text that happens to be SVG.
persistent actor PixelWall {
  type Colour = { #night; #chalk; #red; #amber; #green; #cyan; #blue; #violet };

  transient let side = 16;
  let pixels : [var Colour] = VarArray.repeat<Colour>(#night, 256);
  var strokes : Nat = 0;

  /// Two people who paint at once meet in a block: every node sees them in the same order.
  public func paint(x : Nat, y : Nat, colour : Colour) : async Text {
    if (x >= side or y >= side) Runtime.trap("the wall is " # Nat.toText(side) # " pixels wide and high");
    pixels[y * side + x] := colour;
    strokes += 1;
    drawn();
  };

  /// A query: free, at once, and vouched for by one node only.
  public query func wall() : async Text {
    drawn();
  };

  public query func count() : async { strokes : Nat; painted : Nat } {
    let painted = Array.filter<Colour>(Array.fromVarArray(pixels), func c = c != #night);
    { strokes; painted = painted.size() };
  };

  func drawn() : Text {
    var svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\" width=\"256\" height=\"256\" shape-rendering=\"crispEdges\"><title>The wall after " # Nat.toText(strokes) # " strokes</title><path fill=\"#16211d\" d=\"M0 0h16v16H0z\"/>";
    for (i in pixels.keys()) {
      if (pixels[i] != #night) {
        svg #= "<rect x=\"" # Nat.toText(i % side) # "\" y=\"" # Nat.toText(i / side) # "\" width=\"1\" height=\"1\" fill=\"" # hex(pixels[i]) # "\"/>";
      };
    };
    svg # "</svg>";
  };

  func hex(colour : Colour) : Text {
    switch colour {
      case (#night) "#16211d";
      case (#chalk) "#e8efeb";
      case (#red) "#ff8573";
      case (#amber) "#f0bc66";
      case (#green) "#54d08f";
      case (#cyan) "#4fd3db";
      case (#blue) "#7fb2ff";
      case (#violet) "#b9a0ff";
    };
  };
};
