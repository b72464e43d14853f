import CertifiedData "mo:core/CertifiedData";
import Runtime "mo:core/Runtime";
import Text "mo:core/Text";

/// A value that queries can prove. The subnet signs 32 bytes a canister with every state: here they hold the value itself.
persistent actor Certified {
  type Answer = { value : Text; certificate : ?Blob };

  var value : Text = "hello";

  // Runs at installation and after each upgrade.
  CertifiedData.set(Text.encodeUtf8(value));

  public func set(text : Text) : async () {
    let bytes = Text.encodeUtf8(text);
    if (bytes.size() > 32) Runtime.trap("at most 32 bytes fit; longer values certify their hash");
    value := text;
    CertifiedData.set(bytes);
  };

  /// One node answers, and still nobody has to trust it: the certificate says that the subnet signed this value.
  public query func get() : async Answer {
    { value; certificate = CertifiedData.getCertificate() };
  };

  /// What a dishonest node would do: another value beside the true certificate. The check finds it.
  public query func lie() : async Answer {
    { value = value # "!"; certificate = CertifiedData.getCertificate() };
  };
};
